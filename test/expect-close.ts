/** Comparing numbers, for tests; bench/ has it from test/shared. */
export * from "./shared/expect-close";
