"""The outputs of a stack: what is recorded, and what a person at an endpoint can use of it."""

from __future__ import annotations

from sandbox.deploy.evaluation import Evaluation
from sandbox.deploy.names import localise
from sandbox.deploy.record import Output, Record, Stack
from sandbox.deploy.template.problem import Problem, Problems
from sandbox.deploy.template.secret import hide
from sandbox.deploy.template.values import as_text
from sandbox.model.ports import Bindings


def evaluate_outputs(evaluation: Evaluation, record: Record, stack: Stack) -> tuple[Output, ...]:
    """The outputs of a template whose resources exist; those whose condition does not hold are left out.

    Raises:
        Problems: outputs that cannot be made, or export names that another stack has.
    """
    taken = {name: owner for name, (_, owner) in record.exported(stack.scope).items() if owner != stack.name}
    made: list[Output] = []
    problems: list[Problem] = []
    for declaration in evaluation.template.outputs.values():
        path = ("Outputs", declaration.name)
        try:
            if declaration.condition and not evaluation.resolver.condition(declaration.condition, path):
                continue
            value = evaluation.resolver.resolve(declaration.value, (*path, "Value"))
            if isinstance(value, list | dict):
                raise Problem((*path, "Value"), "it is not a text", "use Fn::Join to make one of a list")
            export = None
            if declaration.export is not None:
                export = as_text(evaluation.resolver.resolve(declaration.export, (*path, "Export", "Name")))
                if export in taken:
                    raise Problem(
                        path, f"the stack {taken[export]} exports {export} already", "rename the export"
                    )
            made.append(Output(declaration.name, as_text(hide(value)), declaration.description, export))
        except Problem as problem:
            problems.append(problem)
    if problems:
        raise Problems(problems)
    return tuple(made)


def render_outputs(stack: Stack, endpoint: str, bindings: Bindings) -> dict[str, str]:
    """The outputs as they are reached at `endpoint`: AWS's URLs in local form, tokens expanded."""
    return {output.name: bindings.expand(localise(output.value, endpoint)) for output in stack.outputs}
