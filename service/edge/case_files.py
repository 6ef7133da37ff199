"""Cases to be predicted from a file, in any format that a dataset may have."""

import numpy as np

from service.domain.datasets import Limits, Reading, Upload
from service.domain.inference import Tensor
from service.domain.models import Signature
from service.ingest import read_series


def cases_in(upload: Upload, reading: Reading, limits: Limits, signature: Signature) -> list[Tensor]:
    """Each case (C, L) float32; of a table the columns named as the model's channels, unless others are asked for.

    A forecast begins behind the last steps of a series, so no more than the model looks at are taken.
    """
    series = read_series(
        upload.path,
        reading,
        limits,
        filename=upload.filename,
        content_type=upload.content_type,
        channels=signature.channels,
    ).series
    window = signature.length if signature.task == "forecasting" else None
    first = -window if window else 0
    return [np.ascontiguousarray(series.case(index)[first:].T) for index in range(series.cases)]
