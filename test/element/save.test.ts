import { expect, it } from "vitest";
import { colouredName, typeOfName, usualName } from "../../src/element/save";

it("files are named after the photograph", () => {
  const addresses = [
    "/a/grandma.jpg?x=1.png#y",
    "grandma",
    "a%20b.JPEG",
    "100%.webp",
    "data:image/png;base64,AA",
    "",
    "a/b.tif",
  ];
  expect(addresses.map((address) => usualName(null, address, "picture"))).toEqual([
    "grandma-colour.jpg",
    "grandma-colour.png",
    "a b-colour.JPEG",
    "100%-colour.webp",
    "photograph-colour.png",
    "photograph-colour.png",
    "b-colour.png",
  ]);
});

it("the name of a file is no address", () => {
  const file = new File([], "1 #2?%20.jpg");
  expect(usualName(file, file.name, "picture")).toBe("1 #2?%20-colour.jpg");
});

it("names tell the contents apart", () => {
  expect(usualName(null, "a.tif", "beside")).toBe("a-both.png");
  expect(usualName(null, "a.webp", "layer")).toBe("a-layer.webp");
  expect(colouredName("dir.name.png", "jpg")).toBe("dir.name-colour.jpg");
  expect(colouredName("", "png", "layer")).toBe("photograph-layer.png");
});

it("the ending of a name is a format", () => {
  expect(["a.JPG", "b.webp", "c.avif", "d.png", "e", "f.gif"].map(typeOfName)).toEqual([
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/png",
    "image/png",
    "image/png",
  ]);
});
