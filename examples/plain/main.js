const photograph = document.querySelector("colorize-canvas");
const address = document.querySelector("#address");
const saturation = document.querySelector("#saturation");
const status = document.querySelector("#status");

photograph.addEventListener("load", ({ detail: result }) => {
  status.textContent = `${result.width} × ${result.height} pixels in colour`;
});
photograph.addEventListener("error", ({ detail: error }) => {
  status.textContent = error.message;
});
address.addEventListener("change", () => {
  status.textContent = "Colouring…";
  photograph.src = address.value;
});
saturation.addEventListener("input", () => {
  photograph.saturation = saturation.valueAsNumber;
});
