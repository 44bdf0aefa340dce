"""What regulators and brokers ask of a gate, and which rules of a policy answer them.

Two lists, in our own words. A *control* is a protection the field knows by a name (a price collar,
a kill switch, a suitability test), with the articles that ask for it, the kinds of rules that serve
it, and what of the gate serves it outside rules. A *paragraph* is one demand of a law that binds
whoever sends orders by machine; a rule serves the paragraphs that its citation names, since who
wrote the rule says whom it answers.

No law here prescribes a number. The lists say which questions a policy asks, never whether its
limits are wise.
"""
