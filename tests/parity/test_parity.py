"""Both protocols say the same to the same: two houses, one story, and no step in which they differ."""

from pathlib import Path

from api_schemas.generated import wavetap_pb2_grpc
from service.rest.application import application
from tests.callers import calling
from tests.contract.rpc.conftest import serving
from tests.houses import house_in
from tests.parity.story import STORY
from tests.parity.telling import over_rest, over_rpc, told


def test_every_operation_answers_the_same_over_rest_and_over_grpc(tmp_path: Path) -> None:
    with (
        house_in(tmp_path / "rest") as first,
        house_in(tmp_path / "grpc") as second,
        calling(application(first.edge)) as caller,
        serving(second) as served,
    ):
        rest = told(STORY, over_rest(caller), first)
        rpc = told(STORY, over_rpc(wavetap_pb2_grpc.TrainingServiceStub(served.channel)), second)
        answered = set()
        for number, ((step, over_http), (_, over_grpc)) in enumerate(zip(rest, rpc, strict=True)):
            assert over_http == over_grpc, (number, step.route, step.method)
            answered |= {step.method} if over_http[0] == "OK" else set()
        assert answered == {step.method for step in STORY}
