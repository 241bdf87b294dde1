/** dist/custom-elements.json for editors and documentation: <colorize-canvas>, from its JSDoc. Run by `npm run build`. */

/** The published module instead of the source's, and the public members only. */
const published = {
  name: "published",
  packageLinkPhase({ customElementsManifest: manifest }) {
    const element = manifest.modules.flatMap((module) => module.declarations ?? []).find((d) => d.customElement);
    element.members = element.members.filter(({ name }) => !name.startsWith("#"));
    const properties = new Map(element.members.map((member) => [member.name.toLowerCase(), member]));
    for (const attribute of element.attributes) {
      const property = properties.get(attribute.name);
      Object.assign(property, { attribute: attribute.name, reflects: true });
      attribute.fieldName = property.name;
    }
    // The class that has the attributes is not published.
    for (const one of [...element.members, ...element.attributes]) delete one.inheritedFrom;
    element.superclass = { name: "HTMLElement" };
    const path = "dist/element.js";
    const declaration = { name: element.name, module: path };
    manifest.modules = [
      {
        kind: "javascript-module",
        path,
        declarations: [element],
        exports: [
          { kind: "js", name: element.name, declaration },
          { kind: "custom-element-definition", name: element.tagName, declaration },
        ],
      },
    ];
  },
};

export default {
  globs: ["src/element/attributes.ts", "src/element/colorize-canvas.ts", "src/element.ts"],
  outdir: "dist",
  packagejson: false,
  plugins: [published],
};
