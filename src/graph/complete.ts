/** All ops, kinds of tensors and ways of convolution, without loading: for tests and tools that import a model or plan themselves. */
import { addRareTensors } from "../weights/rare-tensors";
import { addMoreConvs } from "./more-convs";
import { addMoreOps } from "./more-ops";

addMoreOps();
addMoreConvs();
addRareTensors();
