"""From a SAM or CloudFormation template to running resources, on any engine.

The way of a deployment; each step is one module, and its result a plain value::

    system.py      an argument (`nfe`, a folder, a template) -> System
    template/      text -> Source (data and lines) -> SAM transform -> Template; functions resolve later
    graph.py       Template -> who needs whom -> order
    plan.py        order + record -> Plan: create, update, replace, delete, unchanged; it only reads
    execute.py     runs a Plan through resources/ and decides nothing; independent resources side by side
    record.py      what is there now: stacks and their resources, in the store
    outputs.py     record + endpoint -> the outputs a person can use
    migrations.py  SQL folders -> databases
    seeders.py     programs -> seed data
    deployer.py    the facade that runs these steps in this order

A dry run is the same path, stopped before `execute`. AWS is reached only through the `AwsClient` port, so
the same deployment works on every engine; nothing here knows which one it is.

Rules that hold in all of it:

- What is not acted on is refused by name before anything is created: types of resources, properties,
  functions, transforms.
- A mistake in a template is a `Problem` at a path in it; the `Source` turns it into a `TemplateError` that
  names file, line and property. Problems of several resources are told together.
- A value that is not known before another resource exists is `Unknown` while planning; it is resolved again
  when the plan runs.
- The record holds no port, no endpoint, and no value of a `NoEcho` parameter: endpoints of databases are
  tokens that `Bindings` expand, secrets are replaced by a keyed digest.
- Every step of the execution is recorded as it happens: a deployment that was interrupted continues.
"""
