from orderguard.actions.intercept_parcel.adapter import InterceptParcelKind

ACTION = InterceptParcelKind()
