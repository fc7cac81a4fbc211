"""From a model's name to its numerical part."""

from engine.conventions import Convention
from engine.models.base import AbstractModel
from engine.models.laminar_flow import LaminarFlowModel
from engine.models.specs import model_spec
from engine.models.static import StaticModel

_MODELS: dict[str, type[AbstractModel]] = {
    cls.spec.name: cls for cls in (StaticModel, LaminarFlowModel)
}


def build_model(name: str, convention: Convention) -> AbstractModel:
    """Return the model of that name (or an archived synonym)."""
    return _MODELS[model_spec(name).name](convention=convention)
