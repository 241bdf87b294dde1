import "colorize-canvas/react";
import { useState } from "react";

export function App() {
  const [address, setAddress] = useState("/photograph.jpg");
  const [saturation, setSaturation] = useState(1);
  const [status, setStatus] = useState("Colouring…");

  return (
    <>
      <label>
        Address{" "}
        <input
          defaultValue={address}
          onBlur={(event) => {
            if (event.target.value === address) return;
            setStatus("Colouring…");
            setAddress(event.target.value);
          }}
        />
      </label>
      <label>
        Saturation{" "}
        <input
          type="range"
          min="0"
          max="2"
          step="0.1"
          value={saturation}
          onChange={(event) => setSaturation(event.target.valueAsNumber)}
        />
      </label>
      <colorize-canvas
        src={address}
        alt="The photograph"
        saturation={saturation}
        onload={({ detail: result }) => setStatus(`${result.width} × ${result.height} pixels in colour`)}
        onerror={({ detail: error }) => setStatus(error.message)}
      />
      <p role="status">{status}</p>
    </>
  );
}
