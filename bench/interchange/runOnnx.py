"""Runs ONNX files with ONNX Runtime on one thread. A line of JSON on stdin {model, input, shape, output} reads float32
from the file `input`, writes the result to `output` and answers one line: {shape} or {error}. The first line says versions.
"""

import json
import sys

import numpy as np
import onnxruntime

try:
    import onnx
except ImportError:
    onnx = None

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
print(json.dumps({"onnxruntime": onnxruntime.__version__, "onnx": onnx and onnx.__version__}), flush=True)

for line in sys.stdin:
    task = json.loads(line)
    try:
        if onnx is not None:
            onnx.checker.check_model(task["model"], full_check=True)
        session = onnxruntime.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
        values = np.fromfile(task["input"], dtype=np.float32).reshape(task["shape"])
        (output,) = session.run(None, {"input": values})
        output.astype(np.float32).tofile(task["output"])
        print(json.dumps({"shape": output.shape}), flush=True)
    except Exception as error:  # noqa: BLE001 (the answer, whatever went wrong)
        print(json.dumps({"error": str(error)[:500]}), flush=True)
