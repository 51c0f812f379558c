"""What customers and merchants are told by e-mail, in French and English; plain text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from db.orders import Line, Order
from db.shops import Shop
from enjoy.shops.hours import ZONE

_DAYS: Final = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
#: Subject and first paragraph of what a customer is told, by what the order has become.
_CUSTOMER: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "draft": {
        "fr": ("Commande {reference} : à payer", "Votre commande chez {shop} attend votre paiement."),
        "en": ("Order {reference}: to be paid", "Your order at {shop} waits for your payment."),
    },
    "placed": {
        "fr": ("Commande {reference} envoyée", "{shop} a reçu votre commande et va y répondre."),
        "en": ("Order {reference} placed", "{shop} has your order and will answer."),
    },
    "accepted": {
        "fr": ("Commande {reference} acceptée", "{shop} prépare votre commande."),
        "en": ("Order {reference} accepted", "{shop} is preparing your order."),
    },
    "ready": {
        "fr": ("Commande {reference} prête", "Votre commande vous attend chez {shop}. Montrez votre code de retrait."),
        "en": ("Order {reference} is ready", "Your order waits for you at {shop}. Show your pickup code."),
    },
    "collected": {
        "fr": ("Commande {reference} retirée", "Vous avez retiré votre commande chez {shop}. Merci !"),
        "en": ("Order {reference} collected", "You have collected your order at {shop}. Thank you!"),
    },
    "refused": {
        "fr": ("Commande {reference} refusée", "{shop} ne peut pas honorer votre commande."),
        "en": ("Order {reference} refused", "{shop} cannot fulfil your order."),
    },
    "cancelled": {
        "fr": ("Commande {reference} annulée", "Votre commande chez {shop} est annulée."),
        "en": ("Order {reference} cancelled", "Your order at {shop} is cancelled."),
    },
    "expired": {
        "fr": ("Commande {reference} expirée", "Votre commande chez {shop} a expiré : elle n'aura pas lieu."),
        "en": ("Order {reference} expired", "Your order at {shop} has expired and will not come about."),
    },
    "no_show": {
        "fr": ("Commande {reference} non retirée", "Votre commande chez {shop} n'a pas été retirée à temps."),
        "en": ("Order {reference} not collected", "Your order at {shop} was not collected in time."),
    },
}
#: The same for the merchant, of what it did not do itself.
_MERCHANT: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "placed": {
        "fr": ("Nouvelle commande {reference}", "Une commande attend votre réponse jusqu'à {due}."),
        "en": ("New order {reference}", "An order waits for your answer until {due}."),
    },
    "cancelled": {
        "fr": ("Commande {reference} annulée", "Le client a annulé sa commande."),
        "en": ("Order {reference} cancelled", "The customer has cancelled the order."),
    },
    "expired": {
        "fr": ("Commande {reference} expirée", "La commande a expiré : ce qu'elle retenait est de nouveau en vente."),
        "en": ("Order {reference} expired", "The order has expired: what it held is on sale again."),
    },
}
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "fr": {"when": "Retrait", "where": "Adresse", "total": "Total", "why": "Motif", "link": "Suivre ou annuler"},
    "en": {"when": "Pickup", "where": "Address", "total": "Total", "why": "Reason", "link": "Follow or cancel"},
}
#: Reasons that the process gives, in words.
_REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "unpaid": {"fr": "non payée à temps", "en": "not paid in time"},
    "not_accepted": {"fr": "sans réponse du commerce", "en": "the shop did not answer"},
    "not_ready": {"fr": "non préparée à temps", "en": "not made ready in time"},
    "not_collected": {"fr": "non retirée", "en": "not collected"},
}


def for_customer(shop: Shop, order: Order, lines: Sequence[Line], *, reason: str, link: str) -> tuple[str, str]:
    """Return subject and text of what the customer is told of what an order has become."""
    subject, said = _CUSTOMER[order.state][order.language]
    return _letter(shop, order, lines, order.language, (subject, said), reason=reason, link=link)


def for_merchant(shop: Shop, order: Order, lines: Sequence[Line], *, reason: str) -> tuple[str, str] | None:
    """Return subject and text of what the merchant is told, or None where it knows."""
    known = _MERCHANT.get(order.state)
    return None if known is None else _letter(shop, order, lines, shop.language, known[shop.language], reason=reason)


def euros(eur_cent: int, language: str) -> str:
    """Return an amount as people write it.

    Examples
    --------
    >>> euros(123456, "fr"), euros(5, "en")
    ('1234,56 €', '€0.05')
    """
    text = f"{eur_cent // 100}.{eur_cent % 100:02}"
    return f"€{text}" if language == "en" else f"{text.replace('.', ',')} €"


def moment(at: datetime, language: str) -> str:
    """Return a time as people in Lille write it.

    Examples
    --------
    >>> moment(datetime.fromisoformat("2026-11-25T11:00:00+00:00"), "fr")
    'mercredi 25/11 12:00'
    """
    local = at.astimezone(ZONE)
    return f"{_DAYS[language][local.weekday()]} {local:%d/%m %H:%M}"


def _letter(
    shop: Shop,
    order: Order,
    lines: Sequence[Line],
    language: str,
    texts: tuple[str, str],
    *,
    reason: str,
    link: str = "",
) -> tuple[str, str]:
    due = moment(order.due_at or order.collect_by, language)
    # Titles are people's words: a line of theirs must not become a header or another line of ours.
    facts = {"reference": order.reference, "shop": _one_line(shop.title), "due": due}
    subject, said = (text.format(**facts) for text in texts)
    labels = _LABELS[language]
    why = _REASONS[reason][language] if reason in _REASONS else _one_line(reason)
    ends = f"{order.ends_at.astimezone(ZONE):%H:%M}"
    parts = [
        said,
        "",
        *(f"- {line.quantity} × {_one_line(line.title)} ({_one_line(line.unit)})" for line in lines),
        "",
        f"{labels['total']} : {euros(order.amount_eur_cent, language)}",
        f"{labels['when']} : {moment(order.starts_at, language)} – {ends}",
        f"{labels['where']} : {_one_line(shop.title)}, {_one_line(shop.address)}",
        *([f"{labels['why']} : {why}"] if why else []),
        *(["", f"{labels['link']} : {link}"] if link else []),
    ]
    return subject, "\n".join(parts) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
