"""The peer's runtime: ONNX Runtime behind MLServer's Open Inference Protocol."""

import numpy as np
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse


class OnnxModel(MLModel):
    async def load(self) -> bool:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        uri = self.settings.parameters.uri
        self.session = onnxruntime.InferenceSession(uri, options, providers=["CPUExecutionProvider"])
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        feeds = {}
        for given in payload.inputs:
            if given.datatype == "BYTES":
                feeds[given.name] = np.array(StringCodec.decode_input(given), dtype=object).reshape(given.shape)
            else:
                feeds[given.name] = NumpyCodec.decode_input(given)
        label, probabilities = self.session.run(["label", "probabilities"], feeds)
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                StringCodec.encode_output("label", label.tolist()),
                NumpyCodec.encode_output("probabilities", probabilities),
            ],
        )
