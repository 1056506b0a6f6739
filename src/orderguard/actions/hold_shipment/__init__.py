from orderguard.actions.hold_shipment.adapter import HoldShipmentKind

ACTION = HoldShipmentKind()
