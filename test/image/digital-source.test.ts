import { expect, it } from "vitest";
import { ALGORITHMICALLY_ENHANCED, markedXmp, newMark } from "../../src/image/digital-source";

const RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
const MARK = `<Iptc4xmpExt:DigitalSourceType>${ALGORITHMICALLY_ENHANCED}</Iptc4xmpExt:DigitalSourceType>`;

function packet(inside: string): string {
  return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${RDF}>${inside}</rdf:RDF></x:xmpmeta>`;
}

it("is a packet of its own where there was no XMP", () => {
  const mark = newMark();
  expect(mark).toContain('xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"');
  expect(mark).toContain(MARK);
  expect(mark).toMatch(/^<\?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"\?>.*<\?xpacket end="w"\?>$/s);
});

it("joins what the photograph says, about the same resource", () => {
  const title = '<rdf:Description rdf:about="uuid:1" dc:title="Home"/>';
  expect(markedXmp(packet(title))).toBe(
    packet(
      `${title}<rdf:Description rdf:about="uuid:1" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">${MARK}</rdf:Description>`,
    ),
  );
});

it("takes the place of an earlier source type", () => {
  const earlier = "http://cv.iptc.org/newscodes/digitalsourcetype/negativeFilm";
  for (const said of [
    `<rdf:Description rdf:about='' Iptc4xmpExt:DigitalSourceType="${earlier}" dc:title="Home"/>`,
    `<rdf:Description rdf:about=""><ext:DigitalSourceType>${earlier}</ext:DigitalSourceType><dc:title>Home</dc:title></rdf:Description>`,
    `<rdf:Description rdf:about=""><ext:DigitalSourceType rdf:resource="${earlier}"/><dc:title>Home</dc:title></rdf:Description>`,
  ]) {
    const marked = markedXmp(packet(said))!;
    expect(marked).not.toContain(earlier);
    expect(marked.split(MARK)).toHaveLength(2);
    expect(marked).toContain("Home");
  }
});

it("opens an empty RDF element, and knows RDF by another prefix", () => {
  expect(markedXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="${RDF}"/></x:xmpmeta>`)).toContain(
    `${MARK}</r:Description></r:RDF></x:xmpmeta>`,
  );
});

it("finds no place in XMP without RDF", () => {
  expect(markedXmp("<x:xmpmeta/>")).toBeUndefined();
  expect(markedXmp("")).toBeUndefined();
});
