/** The tiny model of test/shared, under the name that most tests know. */
export * from "./shared/tiny-model";
