from tests.runs import make, quiet, some

__all__ = ["make", "quiet", "some"]
