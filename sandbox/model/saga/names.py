"""From the logical ids of a template to the names of what is deployed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from sandbox.model.saga.declaration import Declaration, DeclarationError, Place, near


def resolve(declaration: Declaration, names: Mapping[str, str]) -> Declaration:
    """The declaration with functions, queues and database as they are called in a stack.

    Args:
        names: name of each resource by its logical id.

    Raises:
        DeclarationError: it names a resource that the stack does not have.
    """

    def name(logical: str, place: Place) -> str:
        if logical not in names:
            raise DeclarationError(
                place,
                f"the template has no resource {logical}.{near(logical, names)}",
                "name a resource by its logical id in the template",
            )
        return names[logical]

    participants = tuple(
        replace(one, function=name(one.function, ("participants", index, "function")))
        for index, one in enumerate(declaration.participants)
    )
    steps = tuple(
        replace(
            step,
            trigger=replace(
                step.trigger, queue=name(step.trigger.queue, ("steps", index, "trigger", "queue"))
            ),
        )
        if step.trigger.queue
        else step
        for index, step in enumerate(declaration.steps)
    )
    state = declaration.state
    if state is not None:
        state = replace(state, database=name(state.database, ("state", "database")))
    return replace(declaration, participants=participants, steps=steps, state=state)
