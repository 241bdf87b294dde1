/**
 * Marks pictures as artificially coloured, in XMP: IPTC's property "Digital Source Type" (IPTC Photo Metadata Standard 2023.1, in
 * the schema Iptc4xmpExt) with the term "algorithmically enhanced" of IPTC's vocabulary.
 */

export const ALGORITHMICALLY_ENHANCED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced";

const SCHEMA = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/** What an earlier file said about its source: an element, or an attribute of rdf:Description. */
const EARLIER =
  /<([\w.-]+):DigitalSourceType\b[^>]*(?:\/>|>[^<]*<\/\1:DigitalSourceType>)|\s[\w.-]+:DigitalSourceType=("[^"]*"|'[^']*')/g;

/** An rdf:Description of the resource `about`, with `rdf` as the prefix of RDF. */
function description(about: string, rdf: string): string {
  return (
    `<${rdf}:Description ${rdf}:about="${about}" xmlns:Iptc4xmpExt="${SCHEMA}">` +
    `<Iptc4xmpExt:DigitalSourceType>${ALGORITHMICALLY_ENHANCED}</Iptc4xmpExt:DigitalSourceType></${rdf}:Description>`
  );
}

/** XMP that holds the mark and nothing else. */
export function newMark(): string {
  return (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">' +
    `<rdf:RDF xmlns:rdf="${RDF}">${description("", "rdf")}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
  );
}

/** The picture's XMP with the mark added; an earlier source type is replaced. Undefined where the XMP has no RDF to add to. */
export function markedXmp(xmp: string): string | undefined {
  const kept = xmp.replace(EARLIER, "");
  const empty = /<(\w+):RDF\b([^>]*)\/>/.exec(kept);
  const open = empty ? kept.replace(empty[0], `<${empty[1]}:RDF${empty[2]}></${empty[1]}:RDF>`) : kept;
  const end = /<\/(\w+):RDF\s*>(?![\s\S]*<\/\w+:RDF\s*>)/.exec(open);
  if (!end) return undefined;
  const prefix = end[1]!;
  // All descriptions of an XMP packet are about one resource.
  const about = new RegExp(`\\s${prefix}:about=(?:"([^"]*)"|'([^']*)')`).exec(open);
  const mark = description(about?.[1] ?? about?.[2]?.replaceAll('"', "&quot;") ?? "", prefix);
  return open.slice(0, end.index) + mark + open.slice(end.index);
}

/** Sets the orientation in a photograph's XMP to 1, because the pixels of results are upright. */
export function uprightXmp(xmp: string): string {
  return xmp.replace(/(tiff:Orientation(?:>|=["']))[1-8]/g, "$11");
}
