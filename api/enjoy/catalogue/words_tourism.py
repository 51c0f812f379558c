"""Words of the pages of the tourism pass, French and English side by side."""

from collections.abc import Mapping
from typing import Final

#: What the page's script says; it is handed these with the page.
TOURISM_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "tourismKept": ("Le pass est dans ce téléphone.", "The pass is on this phone."),
    "tourismOld": (
        "Ce navigateur est trop ancien pour garder un pass : prenez le papier ou un portefeuille.",
        "This browser is too old to keep a pass: take paper or a wallet.",
    ),
    "tourismTaken": ("Le pass est dans votre carte.", "The pass is in your card."),
    "tourismSignIn": (
        "Ouvrez d’abord votre carte dans ce navigateur.",
        "Open your card in this browser first.",
    ),
}
TOURISM_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    **TOURISM_SAID,
    "tourism": ("Pass touristiques", "Tourism passes"),
    "tourismLead": (
        "Un pass, des lieux dans toute la métropole. Il commence quand vous l’utilisez.",
        "One pass, places all over the metropolis. It begins when you use it.",
    ),
    "tourismHave": ("Vous avez un code ?", "Do you have a code?"),
    "tourismCode": ("Code du bon ou du message", "Code on the voucher or in the message"),
    "tourismOpen": ("Ouvrir le pass", "Open the pass"),
    "tourismNone": ("Aucun pass n’est en vente en ce moment.", "No pass is on sale at the moment."),
    "tourismLasts": ("{n} heures", "{n} hours"),
    "tourismFirstUse": ("à partir du premier passage", "from the first use on"),
    "tourismChosen": ("à partir du moment choisi", "from a time of your choosing"),
    "tourismEntries": ("{n} entrées par lieu", "{n} entries at each place"),
    "tourismEntriesOne": ("une entrée par lieu", "one entry at each place"),
    "tourismEntriesAny": ("autant d’entrées que vous voulez", "as many entries as you like"),
    "tourismTransport": ("Transports, sans limite", "Transport, as often as you like"),
    "tourismPlaces": ("Ce qu’il ouvre", "What it opens"),
    "tourismNoPlaces": ("Aucun lieu pour l’instant.", "No place for now."),
    "tourismUntil": ("À commencer avant le {at}.", "To be begun before {at}."),
    "tourismStateReady": ("Il n’a pas encore commencé.", "It has not begun yet."),
    "tourismStateEarly": ("Il commence le {at} ; revenez alors.", "It begins on {at}; come back then."),
    "tourismStateBegun": ("Il court jusqu’au {at}.", "It lasts until {at}."),
    "tourismStateOver": ("Il est terminé.", "It is over."),
    "tourismStateLapsed": ("Il n’a pas été commencé à temps.", "It was not begun in time."),
    "tourismStateCancelled": (
        "Il a été repris, ou n’a pas été payé à temps.",
        "It was taken back, or not paid in time.",
    ),
    "tourismStateUnpaid": ("Il n’est pas encore payé.", "It is not paid yet."),
    "tourismStateInAccount": (
        "Il est dans une carte : c’est là qu’il se montre.",
        "It is in a card account: it is shown from there.",
    ),
    "tourismCarry": ("L’emporter", "Take it with you"),
    "tourismPhone": ("L’ajouter à ce téléphone", "Add it to this phone"),
    "tourismPhoneLead": (
        "Le plus sûr : il marche sans connexion, et une capture d’écran ne sert à rien.",
        "The safest: it works without a connection, and a screenshot is of no use.",
    ),
    "tourismShow": ("Montrer mes pass", "Show my passes"),
    "tourismApple": ("Ajouter à Apple Wallet", "Add to Apple Wallet"),
    "tourismGoogle": ("Ajouter à Google Wallet", "Add to Google Wallet"),
    "tourismPaper": ("Code sur papier", "Code on paper"),
    "tourismStill": (
        "Un code de portefeuille ou de papier se copie\u00a0: gardez-le. Le demander de nouveau remplace le précédent.",
        "A code in a wallet or on paper can be copied: keep it to yourself. Asking again replaces the one before.",
    ),
    "tourismPhoneAlone": (
        "Ce service n’accepte que les téléphones : ni papier ni portefeuille.",
        "This service takes phones alone: neither paper nor wallets.",
    ),
    "tourismPrint": ("Imprimez cette page, ou montrez-la.", "Print this page, or show it."),
    "tourismQr": ("Code QR du pass", "QR code of the pass"),
    "tourismTake": ("Le mettre dans ma carte", "Put it into my card"),
    "tourismTakeLead": (
        "Il suit alors votre carte, et ce lien n’ouvre plus rien.",
        "It then goes with your card, and this link opens nothing any more.",
    ),
}
