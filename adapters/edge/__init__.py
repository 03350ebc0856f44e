"""The agency edge: keeps the list, screens card uses, reports hits, tells officers what the court said."""
