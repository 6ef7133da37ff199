"""The whole way in plain HTTP: httpx and nothing of this project, as any other service would do it.

wavetap serve &
python examples/train_and_predict.py
"""

import os
import sys
import time
from pathlib import Path

import httpx

DATA = Path(__file__).parent / "data" / "BasicMotions"
SERVER = os.environ.get("WAVETAP_SERVER", "http://127.0.0.1:8080")
KEY = os.environ.get("WAVETAP_API_KEY")
UNFINISHED = {"QUEUED", "RUNNING", "CANCELLING"}


def main() -> int:
    """Upload, train, wait, predict one case, download the ONNX file."""
    headers = {"Authorization": f"Bearer {KEY}"} if KEY else {}
    with httpx.Client(base_url=SERVER, headers=headers, timeout=60) as http:
        content = (DATA / "BasicMotions_TRAIN.ts").read_bytes()
        dataset = http.post("/v1/datasets", params={"name": "motions", "format": "ts"}, content=content)
        print(dataset.raise_for_status().json()["labels"])

        request = {"model": "gestures", "dataset": "motions", "training": {"epochs": 40}}
        job = http.post("/v1/training-jobs", json=request).raise_for_status().json()
        while job["state"] in UNFINISHED:
            time.sleep(0.5)
            job = http.get(f"/v1/training-jobs/{job['id']}").raise_for_status().json()
            print(job["state"], f"{job['epoch']}/{job['epochs']}", job["metrics"])

        case = [[0.1 * step % 1 for step in range(100)] for _channel in range(6)]
        answer = http.post("/v1/models/gestures:predict", json={"series": [case]}).raise_for_status().json()
        print(answer["predictions"][0])

        onnx = http.get(f"/v1/models/gestures/versions/{job['version']}/onnx").raise_for_status().content
        Path("gestures.onnx").write_bytes(onnx)
    return 0 if job["state"] == "SUCCEEDED" else 1


if __name__ == "__main__":
    sys.exit(main())
