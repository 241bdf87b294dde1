/** A worker that takes a file in pieces and then, at an empty message, gives its SHA-256, or nothing where it cannot. */
const parts: ArrayBuffer[] = [];

addEventListener("message", ({ data }: MessageEvent<ArrayBuffer | undefined>) => {
  if (data) parts.push(data);
  else
    void new Blob(parts)
      .arrayBuffer()
      .then((file) => crypto.subtle.digest("SHA-256", file))
      .then(
        (digest) => postMessage(digest),
        () => postMessage(undefined),
      );
});
