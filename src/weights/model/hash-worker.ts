/** A worker that receives a file's length and its pieces, and posts the SHA-256, or undefined where it cannot hash. */
let file = new Uint8Array(0);
let filled = 0;

addEventListener("message", ({ data }: MessageEvent<number | ArrayBuffer>) => {
  if (typeof data === "number") return void (file = new Uint8Array(data));
  file.set(new Uint8Array(data), filled);
  filled += data.byteLength;
  if (filled < file.length) return;
  // Without crypto.subtle the promise is rejected, too.
  void (async () => crypto.subtle.digest("SHA-256", file))().then(
    (digest) => postMessage(digest),
    () => postMessage(undefined),
  );
});
