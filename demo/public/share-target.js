/**
 * A part of the service worker: keeps the photographs that another application shares with the installed page (share_target of the
 * manifest), then opens the page, where demo/shared.ts takes them.
 */
const scope = self.registration.scope;

async function keep(request) {
  try {
    const form = await request.formData();
    const cache = await caches.open("shared-photographs");
    const files = form.getAll("photographs").filter((value) => value instanceof File && value.size > 0);
    for (const [i, file] of files.entries())
      await cache.put(new URL(`shared/${Date.now()}-${i}/${encodeURIComponent(file.name)}`, scope), new Response(file));
  } catch (error) {
    console.error(error); // the page says that nothing came
  }
  return Response.redirect(new URL("./?shared", scope), 303);
}

self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "POST" && url === new URL("share", scope).href) event.respondWith(keep(event.request));
});
