"""What Shopify sends, member by member, as far as we use it.

A single value may come as a text or a number, and anything may be absent or null: `values.py`
makes canonical values of them.
"""

from msgspec import Struct

Scalar = str | int | float | bool | None


class Money(Struct, frozen=True):
    amount: Scalar = None


class MoneySet(Struct, frozen=True):
    shop_money: Money | None = None


class Customer(Struct, frozen=True):
    id: Scalar = None
    created_at: Scalar = None
    email: Scalar = None
    phone: Scalar = None
    first_name: Scalar = None
    last_name: Scalar = None


class LineItem(Struct, frozen=True):
    id: Scalar = None
    variant_id: Scalar = None
    product_id: Scalar = None
    sku: Scalar = None
    title: Scalar = None
    quantity: Scalar = None
    price: Scalar = None


class ShippingLine(Struct, frozen=True):
    price: Scalar = None


class DiscountCode(Struct, frozen=True):
    code: Scalar = None
    amount: Scalar = None


class Address(Struct, frozen=True):
    country_code: Scalar = None
    country: Scalar = None
    province: Scalar = None
    city: Scalar = None
    address1: Scalar = None
    address2: Scalar = None
    zip: Scalar = None
    latitude: Scalar = None
    longitude: Scalar = None
    name: Scalar = None
    first_name: Scalar = None
    last_name: Scalar = None
    phone: Scalar = None


class ClientDetails(Struct, frozen=True):
    browser_ip: Scalar = None
    user_agent: Scalar = None


class Fulfillment(Struct, frozen=True):
    id: Scalar = None
    order_id: Scalar = None
    status: Scalar = None
    shipment_status: Scalar = None
    created_at: Scalar = None
    updated_at: Scalar = None
    location_id: Scalar = None
    tracking_company: Scalar = None
    tracking_number: Scalar = None
    line_items: list[LineItem] | None = None


class Order(Struct, frozen=True):
    id: Scalar = None
    checkout_token: Scalar = None
    created_at: Scalar = None
    updated_at: Scalar = None
    cancelled_at: Scalar = None
    financial_status: Scalar = None
    fulfillment_status: Scalar = None
    currency: Scalar = None
    total_price: Scalar = None
    total_discounts: Scalar = None
    total_shipping_price_set: MoneySet | None = None
    shipping_lines: list[ShippingLine] | None = None
    discount_codes: list[DiscountCode] | None = None
    payment_gateway_names: list[Scalar] | None = None
    email: Scalar = None
    phone: Scalar = None
    customer: Customer | None = None
    line_items: list[LineItem] | None = None
    shipping_address: Address | None = None
    browser_ip: Scalar = None
    client_details: ClientDetails | None = None
    fulfillments: list[Fulfillment] | None = None


class OrderEdit(Struct, frozen=True):
    order_id: Scalar = None
    created_at: Scalar = None


class OrderEdited(Struct, frozen=True):
    order_edit: OrderEdit


class RefundLine(Struct, frozen=True):
    quantity: Scalar = None
    line_item: LineItem | None = None


class Transaction(Struct, frozen=True):
    kind: Scalar = None
    status: Scalar = None
    amount: Scalar = None
    currency: Scalar = None


class Refund(Struct, frozen=True):
    id: Scalar = None
    order_id: Scalar = None
    created_at: Scalar = None
    note: Scalar = None
    refund_line_items: list[RefundLine] | None = None
    transactions: list[Transaction] | None = None


class InventoryLevel(Struct, frozen=True):
    inventory_item_id: Scalar = None
    location_id: Scalar = None
    available: Scalar = None
    updated_at: Scalar = None
