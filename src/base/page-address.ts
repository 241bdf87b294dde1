/** Addresses that a page gives. */
import { InputError } from "./errors";

/** What addresses are relative to: the page's address, in a worker that of its file, in Node none. */
export function baseAddress(): string | undefined {
  return (globalThis as { document?: { baseURI?: string } }).document?.baseURI ?? globalThis.location?.href;
}

/** The full form of an address that may be relative to the page. Throws InputError that names the option. */
export function pageAddress(option: string, address: string | URL): string {
  if (URL.canParse(address, document.baseURI)) return new URL(address, document.baseURI).href;
  throw new InputError({ where: option, expected: "an address", received: `"${address}"` });
}
