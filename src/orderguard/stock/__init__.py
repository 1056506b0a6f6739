"""Stock: what each warehouse said last and what orders moved since; which SKU a channel means."""
