"""Cases to be predicted from a file, in any format that a dataset may have."""

import numpy as np

from service.domain.datasets import Limits, Precedent, Reading, Upload
from service.domain.inference import Tensor
from service.domain.models import ModelVersion
from service.ingest import read_series


def cases_in(upload: Upload, reading: Reading, limits: Limits, version: ModelVersion) -> list[Tensor]:
    """Each case (C, L) float32; what is not asked is read as the version's own dataset was.

    A forecast begins behind the last steps of a series, so no more than the model looks at are taken.
    """
    signature = version.draft.signature
    series = read_series(
        upload.path,
        reading,
        limits,
        filename=upload.filename,
        content_type=upload.content_type,
        precedent=Precedent(signature.channels, version.draft.lineage.get("reading", {})),
    ).series
    window = signature.length if signature.task == "forecasting" else None
    first = -window if window else 0
    return [np.ascontiguousarray(series.case(index)[first:].T) for index in range(series.cases)]
