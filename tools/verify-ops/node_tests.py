"""Writes the node tests of the `onnx` package as files: `python tools/verify-ops/node_tests.py FOLDER`.

Older versions of the package (1.20) have these files in onnx/backend/test/data/node; newer ones (1.23) compute them.
"""

import pathlib
import sys

import numpy
import onnx
from onnx import numpy_helper
from onnx.backend.test.loader import load_node_model_tests


def write_values(folder, kind, infos, values):
    """Writes input_0.pb, input_1.pb, ...; returns False where a value is no tensor."""
    for i, (info, value) in enumerate(zip(infos, values)):
        if not info.type.HasField("tensor_type"):
            return False
        tensor = value if isinstance(value, onnx.TensorProto) else numpy_helper.from_array(numpy.asarray(value), info.name)
        (folder / f"{kind}_{i}.pb").write_bytes(tensor.SerializeToString())
    return True


def main(target):
    written = skipped = 0
    for case in load_node_model_tests():
        folder = target / case.name / "test_data_set_0"
        folder.mkdir(parents=True, exist_ok=True)
        graph = case.model.graph
        inputs, outputs = case.data_sets[0]
        (folder.parent / "model.onnx").write_bytes(case.model.SerializeToString())
        (folder.parent / "tolerance.txt").write_text(f"{case.rtol} {case.atol}")
        whole = write_values(folder, "input", graph.input, inputs) and write_values(folder, "output", graph.output, outputs)
        written, skipped = written + whole, skipped + (not whole)
    print(f"{target}: {written} tests of onnx {onnx.__version__}; {skipped} more have sequences or optional values")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
