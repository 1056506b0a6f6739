from orderguard.actions.intercept_parcel.adapter import KIND as ACTION

__all__ = ["ACTION"]
