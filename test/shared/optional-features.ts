/** The optional features that reports name. */
export const OPTIONAL = ["shader-f16", "subgroups", "timestamp-query"] as const;
