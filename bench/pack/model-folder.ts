/** The environment variable that tells workers the folder of the networks' files. */
export const MODEL_FOLDER = "COLORIZE_BENCH_MODEL";
