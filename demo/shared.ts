/** Photographs that another application shared with the installed page: the service worker keeps them, see public/share-target.js. */

/** Takes them, in their order; undefined where the page was opened in another way. */
export async function takeShared(): Promise<File[] | undefined> {
  if (!new URLSearchParams(location.search).has("shared")) return undefined;
  history.replaceState(null, "", location.pathname); // a reload does not look for them again
  const cache = await caches.open("shared-photographs");
  const files: File[] = [];
  for (const request of await cache.keys()) {
    // Another copy of the page on this site has its own.
    if (!request.url.startsWith(new URL("shared/", document.baseURI).href)) continue;
    const blob = await (await cache.match(request))!.blob();
    files.push(new File([blob], decodeURIComponent(request.url.split("/").at(-1)!), { type: blob.type }));
    await cache.delete(request);
  }
  return files;
}
