"""Every refusal of the shop as a sentence in the reader's language.

One function a refusal, chosen by its type: append yours with
``@say.register``. A test finds the refusal without a sentence.
"""

from functools import singledispatch

from shop.accounts import rules as accounts
from shop.cart import rules as cart
from shop.catalogue.rules import BadCursor, BadPicture, SkuTaken
from shop.fulfilment import service as fulfilment
from shop.i18n.formats import clock_time
from shop.i18n.reader import reader
from shop.i18n.text import TN, Lazy, Ltr, T, Text
from shop.inventory.rules import OutOfStock, StockHeld
from shop.kernel.errors import ShopError
from shop.kernel.flow import IllegalMove
from shop.markets import market as market_of
from shop.markets import refusals as places
from shop.markets.address import LABELS
from shop.notifications.service import OnItsWay
from shop.orders import place as placing
from shop.orders.cancel import AlreadyPaid
from shop.orders.edit import NotEditable
from shop.payments import bills
from shop.payments import rules as paying
from shop.returns import rules as returning
from shop.shipping import pick_up
from shop.shipping import rules as delivery


@singledispatch
def say(refusal: ShopError) -> Text:
    """Return the sentence for a refusal: what happened and what to do."""
    raise NotImplementedError(f"no sentence for {type(refusal).__name__}")


@say.register
def _(refusal: IllegalMove) -> Text:
    return T("This step is not possible any more. Please reload the page.")


# Fields of an address (markets)


@say.register
def _(refusal: places.Missing) -> Text:
    return T("Enter {field}", field=_in_sentence(refusal.field))


@say.register
def _(refusal: places.NotChosen) -> Text:
    return T("Choose {field}", field=_in_sentence(refusal.field))


@say.register
def _(refusal: places.TooShort) -> Text:
    return TN(
        "Enter at least {count} character",
        "Enter at least {count} characters",
        refusal.least,
    )


@say.register
def _(refusal: places.TooLong) -> Text:
    return TN(
        "Enter no more than {count} character",
        "Enter no more than {count} characters",
        refusal.most,
    )


@say.register
def _(refusal: places.NotAMobile) -> Text:
    return T("Enter a mobile number, like {example}", example=Ltr(refusal.example))


@say.register
def _(refusal: places.NotAnEmail) -> Text:
    return T("Enter an e-mail address, like {example}", example=Ltr("name@example.com"))


@say.register
def _(refusal: places.NotAPostcode) -> Text:
    if not refusal.digits:
        return T("Enter the postcode as it stands on letters to you")
    return T("Enter the {count}-digit postcode", count=refusal.digits)


@say.register
def _(refusal: places.NotACard) -> Text:
    return T("Check the card number: it needs 16 digits, and one does not fit")


@say.register
def _(refusal: places.NotAnIban) -> Text:
    return T(
        "Check the account number: it is written like {example}",
        example=Ltr(refusal.example),
    )


@say.register
def _(refusal: places.NotATaxCode) -> Text:
    return T("Check the company code: one of its digits does not fit")


@say.register
def _(refusal: places.NotCovered) -> Text:
    return T(
        "We do not deliver to {place} yet. Choose another address or pick-up in store.",
        place=_place(refusal.market, refusal.region),
    )


@say.register
def _(refusal: places.UnevenPrice) -> Text:
    return T("Enter a price that is a whole multiple of {step}", step=refusal.step)


# Payment methods (markets)


@say.register
def _(refusal: places.NoSuchMethod) -> Text:
    return T("This way to pay is not available. Please choose another.")


@say.register
def _(refusal: places.BelowMinimum) -> Text:
    return T(
        "{method} is available from {amount}",
        method=_method(refusal),
        amount=refusal.least,
    )


@say.register
def _(refusal: places.AboveMaximum) -> Text:
    return T(
        "{method} is available up to {amount}",
        method=_method(refusal),
        amount=refusal.most,
    )


@say.register
def _(refusal: places.ProductBars) -> Text:
    if refusal.method == "cash_on_delivery":
        return T(
            "Cash on delivery isn't available because of {product}",
            product=refusal.product,
        )
    return T(
        "{method} isn't available because of {product}",
        method=_method(refusal),
        product=refusal.product,
    )


@say.register
def _(refusal: places.OnlyIn) -> Text:
    return T(
        "{method} is available in {place} only",
        method=_method(refusal),
        place=_place(refusal.market, refusal.regions[0]),
    )


@say.register
def _(refusal: places.NotIn) -> Text:
    return T(
        "{method} is for other cities; in {place} you can pay online or in person",
        method=_method(refusal),
        place=_place(refusal.market, refusal.region),
    )


@say.register
def _(refusal: places.MethodNotCovered) -> Text:
    return T(
        "{method} is not available in {place}",
        method=_method(refusal),
        place=_place(refusal.market, refusal.region),
    )


@say.register
def _(refusal: places.BrowserCannot) -> Text:
    if refusal.browser == "wechat":
        return T(
            "{method} does not open inside WeChat. Open this page in your browser.",
            method=_method(refusal),
        )
    return T(
        "{method} does not open inside Alipay. Open this page in your browser.",
        method=_method(refusal),
    )


@say.register
def _(refusal: places.MethodDown) -> Text:
    if refusal.next_try_at is None:
        return T(
            "{method} does not answer at the moment. Please choose another way to pay.",
            method=_method(refusal),
        )
    return T(
        "{method} does not answer at the moment. We try again at {time}.",
        method=_method(refusal),
        time=clock_time(refusal.next_try_at),
    )


@say.register
def _(refusal: places.ChoiceMissing) -> Text:
    return T("Choose how you pay at the door: in cash or by card")


# Delivery (shipping)


@say.register
def _(refusal: delivery.NoSuchDelivery) -> Text:
    return T("This delivery method is not available here. Please choose another.")


@say.register
def _(refusal: delivery.GroundOnly) -> Text:
    return T(
        "Not by air: {product} has a battery that may only travel by road",
        product=refusal.product,
    )


@say.register
def _(refusal: pick_up.NoSuchPoint) -> Text:
    return T("This pick-up point is not available any more. Please choose another.")


# The cart, and goods that are gone


@say.register
def _(refusal: cart.CartEmpty) -> Text:
    return T("Your cart is empty")


@say.register
def _(refusal: cart.CartFull) -> Text:
    return T(
        "A cart holds {count} different products. Order these first.",
        count=refusal.most,
    )


@say.register
def _(refusal: cart.NotForSale) -> Text:
    if not refusal.title:
        return T("Something in your cart cannot be ordered now. Change or remove it.")
    return T("{product} cannot be bought here at the moment.", product=refusal.title)


@say.register
def _(refusal: cart.TooFewLeft) -> Text:
    if not refusal.left:
        return T("{product} is out of stock.", product=refusal.title)
    return TN(
        "Only {count} left of {product}. Choose a smaller number.",
        "Only {count} left of {product}. Choose a smaller number.",
        refusal.left,
        product=refusal.title,
    )


@say.register
def _(refusal: cart.LimitReached) -> Text:
    facts = {"count": refusal.limit, "days": refusal.days, "left": refusal.left}
    if refusal.days is None:
        return T("One buyer can have {count} of these.", count=refusal.limit)
    if refusal.again_on is None:
        return T("You can buy {count} of these in {days} days.", **facts)
    if refusal.left:
        return T(
            "You can buy {count} of these in {days} days, so {left} more for now.",
            **facts,
        )
    return T(
        "You can buy {count} of these in {days} days. You can order again from {date}.",
        date=refusal.again_on,
        **facts,
    )


@say.register
def _(refusal: cart.WrongQuantity) -> Text:
    return T("Enter a whole number from 1 to {most}", most=refusal.most)


@say.register
def _(refusal: OutOfStock) -> Text:
    if not refusal.left:
        return T("{sku} was sold to somebody else just now.", sku=Ltr(refusal.sku))
    return TN(
        "Only {count} left of {sku}. Choose a smaller number.",
        "Only {count} left of {sku}. Choose a smaller number.",
        refusal.left,
        sku=Ltr(refusal.sku),
    )


@say.register
def _(refusal: BadCursor) -> Text:
    return T("We can't find this page")


def _method(refusal: places.MethodRefused) -> Lazy | str:
    """Return the name of the method a refusal is about."""
    for method in market_of(refusal.market).methods:
        if method.code == refusal.method:
            return method.name
    return refusal.method


def _place(market: str, code: str) -> str:
    """Return the name of a place as the reader calls it."""
    region = market_of(market).regions.find(code)
    return region.name(reader().language.code) if region else code


def _in_sentence(field: str) -> str:
    """Return the label of a field as it stands inside a sentence."""
    label = str(LABELS[field]) if field in LABELS else field
    return label[:1].lower() + label[1:]


# Payments


@say.register
def _(refusal: paying.NotPayable) -> Text:
    if refusal.paid:
        return T("This is paid already. You don't need to pay again.")
    return T("This can't be paid any more because the order has ended.")


@say.register
def _(refusal: paying.TooLateToPay) -> Text:
    return T(
        "The time to pay ended at {time}. Please order again.",
        time=clock_time(refusal.pay_by_at),
    )


@say.register
def _(refusal: paying.AmountNotPayable) -> Text:
    if refusal.most is not None and refusal.amount > refusal.most:
        return T(
            "This way to pay takes {amount} at most. Please choose another.",
            amount=refusal.most,
        )
    return T(
        "This way to pay takes {amount} or more. Please choose another.",
        amount=refusal.least,
    )


@say.register
def _(refusal: paying.StillUnclear) -> Text:
    return T("We're checking with the bank. Please don't pay again.")


@say.register
def _(refusal: paying.ProviderOff) -> Text:
    return T("This way to pay is not available at the moment. Please choose another.")


@say.register
def _(refusal: paying.RefundTooMuch) -> Text:
    return T("Only {amount} of this payment can still go back", amount=refusal.left)


@say.register
def _(refusal: paying.RefundTooSmall) -> Text:
    return T("A refund is {amount} or more", amount=refusal.least)


@say.register
def _(refusal: paying.NotRefundable) -> Text:
    return T("There is nothing of this payment that could go back now")


@say.register
def _(refusal: paying.SameKeyOtherRefund) -> Text:
    return T("This form was sent before with another refund. Please reload the page.")


@say.register
def _(refusal: returning.NothingChosen) -> Text:
    return T("Choose a product, the delivery fee or an amount")


@say.register
def _(refusal: returning.TooManyBack) -> Text:
    if not refusal.left:
        return T("The money for {product} has gone back already", product=refusal.title)
    return TN(
        "Only {count} piece of {product} can still go back",
        "Only {count} pieces of {product} can still go back",
        refusal.left,
        product=refusal.title,
    )


@say.register
def _(refusal: returning.DeliveryIsBack) -> Text:
    return T("There is no delivery fee (any more) that could go back")


@say.register
def _(refusal: returning.RefundChanged) -> Text:
    return T(
        "Something about this order has changed since you looked; {amount} would go "
        "back now. Nothing has been sent: please check and confirm again.",
        amount=refusal.amount,
    )


@say.register
def _(refusal: returning.NotReturnable) -> Text:
    return T(
        "Nothing of order {number} can be returned now: it is not paid, or it has "
        "ended.",
        number=Ltr(refusal.number),
    )


@say.register
def _(refusal: returning.ReturnTooLate) -> Text:
    return T(
        "For this reason the last day was {day}. If something is wrong with it, "
        "choose that reason or contact us.",
        day=refusal.last_on,
    )


@say.register
def _(refusal: returning.NothingToReturn) -> Text:
    return T("Choose how many pieces you want to return")


@say.register
def _(refusal: returning.TooManyReturned) -> Text:
    if not refusal.left:
        return T(
            "Everything of this product has been refunded or asked for already. "
            "Please reload the page."
        )
    return TN(
        "Only {count} piece of {product} can still be returned",
        "Only {count} pieces of {product} can still be returned",
        refusal.left,
        product=refusal.title,
    )


@say.register
def _(refusal: returning.ReasonMissing) -> Text:
    return T("Please write what is wrong, so that we can help at once")


@say.register
def _(refusal: paying.BadReceipt) -> Text:
    match refusal.field:
        case "tracking_number":
            return T("Enter the trace number from the receipt, digits only")
        case "last_four":
            return T("Enter the last four digits of the card you paid from")
        case _:
            return T("Choose the day and hour of the transfer, within the last 14 days")


@say.register
def _(refusal: paying.ReceiptDecided) -> Text:
    return T("Somebody has decided about this receipt before. Please reload the page.")


@say.register
def _(refusal: paying.NotInReview) -> Text:
    return T("This payment needs no decision any more. Please reload the page.")


@say.register
def _(refusal: paying.KeysMissing) -> Text:
    return T(
        "The stored keys of the payment providers can't be read: their key file is "
        "missing or another one. Please enter the keys again."
    )


@say.register
def _(refusal: bills.BadTable) -> Text:
    if refusal.row:
        return T(
            "Row {count} can't be read: look at the column {column}",
            count=refusal.row,
            column=refusal.column,
        )
    return T("This is not the file we expected. Please choose the CSV file again.")


# Placing and changing an order


@say.register
def _(refusal: placing.NotTicked) -> Text:
    return T("Please tick that you accept the terms")


@say.register
def _(refusal: placing.OrderChanged) -> Text:
    return T(
        "The total is now {total}, it was {seen}. Nothing is ordered yet; "
        "please check and place the order again.",
        total=refusal.total,
        seen=refusal.seen,
    )


@say.register
def _(refusal: placing.FormUsed) -> Text:
    return T(
        "This page has already placed order {number}. Please go on from the cart.",
        number=Ltr(refusal.number),
    )


@say.register
def _(refusal: placing.StepMissing) -> Text:
    return T("One question of the checkout is still open. Please answer it first.")


@say.register
def _(refusal: NotEditable) -> Text:
    return T(
        "Order {number} is paid or already being handled, so it can't be changed "
        "here. Please ask us; we change what is still possible.",
        number=Ltr(refusal.number),
    )


@say.register
def _(refusal: AlreadyPaid) -> Text:
    return T(
        "Money for order {number} has arrived, so it can't simply be cancelled. "
        "Please ask us; we give the money back the way it came.",
        number=Ltr(refusal.number),
    )


# The owner's desk


@say.register
def _(refusal: fulfilment.NotPaidYet) -> Text:
    return T("Order {number} is not paid yet", number=Ltr(refusal.number))


@say.register
def _(refusal: fulfilment.WrongCollectionCode) -> Text:
    return T(
        "This is not the collection code of order {number}", number=Ltr(refusal.number)
    )


@say.register
def _(refusal: fulfilment.CarrierMissing) -> Text:
    return T("Choose the carrier and enter the tracking number of the parcel")


@say.register
def _(refusal: StockHeld) -> Text:
    return TN(
        "{count} piece of {sku} is held for orders, so the stock can't be less",
        "{count} pieces of {sku} are held for orders, so the stock can't be less",
        refusal.held,
        sku=Ltr(refusal.sku),
    )


@say.register
def _(refusal: SkuTaken) -> Text:
    return T("Another product already has the code {sku}", sku=Ltr(refusal.sku))


@say.register
def _(refusal: BadPicture) -> Text:
    match refusal.reason:
        case "too_large":
            return T(
                "The picture has more than {count} megapixels. Please send a "
                "smaller one.",
                count=refusal.megapixels,
            )
        case "too_small":
            return T("The picture is too small. Please send a larger one.")
        case "animated":
            return T("Moving pictures can't be used. Please send a still picture.")
        case _:
            return T("Please send a JPEG, PNG or WebP picture")


@say.register
def _(refusal: accounts.TriedTooOften) -> Text:
    return T(
        "There were too many tries. Please try again after {time}.",
        time=refusal.again_at,
    )


@say.register
def _(refusal: accounts.WrongSignIn) -> Text:
    return T("E-mail or password is not right")


@say.register
def _(refusal: OnItsWay) -> Text:
    return T("This message is about to be sent already")
