/** All ops and all ways of convolution, without loading: for tests and tools that import a model or plan themselves. */
import { addMoreConvs } from "./more-convs";
import { addMoreOps } from "./more-ops";

addMoreOps();
addMoreConvs();
