"""The language of conditions: small, typed, read once, and never `eval`.

    expression  =  expression "or" expression
                |  expression "and" expression
                |  "not" expression
                |  sum ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum
                |  sum [ "not" ] "in" "[" literal { "," literal } "]"
                |  sum
    sum         =  product { ( "+" | "-" ) product }
    product     =  factor { ( "*" | "/" ) factor }
    factor      =  "-" factor | literal | name | function "(" sum { "," sum } ")"
                |  "(" expression ")"
    literal     =  12.5 | 5% | 25bp | 500ms | 16:30 | "text" | 'text' | true | false

Numbers are exact integers of nanos, durations and times of day of microseconds. `*` and `/` round
the last nano away from zero. `and` and `or` are asked from the left, and no further than needed,
so ``order.type == "limit" and order.price > 100`` asks a market order nothing it cannot answer.

The path of an expression: `words` parts the text, `grammar` makes the tree, `sense` finds what
makes none, with its place, and `answers` binds the tree to a place of the book as a function.
"""
