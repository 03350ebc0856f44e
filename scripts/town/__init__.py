"""A whole town as programs: the court's processes, four adapters, a provider of SMS, on private servers."""
