"""What `./scripts/check` looks at: each module holds the rules of one kind, and finds their breaches.

A check reads a `Tree` and yields `Breach`es; tests/architecture breaks every rule and sees it reported.
"""
