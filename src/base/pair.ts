/** A number for each axis of a picture: [along height, along width]. */
export type Pair = readonly [number, number];
