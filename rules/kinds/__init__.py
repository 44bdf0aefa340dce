"""The kinds of rule, one module each: the module's name is the ``kind:`` of a policy."""
