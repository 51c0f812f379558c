"""``somel forecast backtest``: from what was asked for to tables and pages."""
