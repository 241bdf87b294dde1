/** All ops and kinds of tensors, without loading: for tests and tools that import a model or plan themselves. */
import { addRareTensors } from "../weights/rare-tensors";
import { addMoreOps } from "./more-ops";

addMoreOps();
addRareTensors();
