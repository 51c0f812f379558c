"""Words of the page that reads passes at a desk, French and English side by side."""

from collections.abc import Mapping
from typing import Final

#: Why a pass is admitted or not, by `enjoy.reader.reasons.Reason`: what to do, and never why somebody has a right.
_REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "reason.admitted": ("Bienvenue", "Welcome"),
    "reason.unreadable": ("Ce code n’est pas un pass", "This code is no pass"),
    "reason.key_unknown": ("Pass d’un émetteur inconnu", "Pass of an unknown issuer"),
    "reason.signature_invalid": ("Ce pass est faux", "This pass is forged"),
    "reason.not_yet_valid": ("Pas encore valable", "Not valid yet"),
    "reason.expired": ("Pass expiré", "Pass expired"),
    "reason.revoked": ("Pass annulé", "Pass revoked"),
    "reason.blocked": ("Pass bloqué", "Pass blocked"),
    "reason.serial_unknown": ("Carte inconnue ici", "Card not known here"),
    "reason.service_other": ("Pass d’un autre service", "Pass of another service"),
    "reason.proof_missing": ("Montrer le pass sur le téléphone", "Show the pass on the phone"),
    "reason.proof_stale": ("Code trop ancien : montrer le code qui change", "Code too old: show the code that changes"),
    "reason.proof_invalid": ("Ce téléphone n’est pas celui du pass", "Not the phone that the pass belongs to"),
    "reason.proof_replayed": ("Code déjà montré : attendre le suivant", "Code shown before: wait for the next one"),
    "reason.online_needed": ("Il faut une connexion", "A connection is needed"),
    "reason.venue_other": ("Pas valable à cet endroit", "Not valid at this place"),
    "reason.not_entitled": ("N’ouvre pas ce service", "Does not open this service"),
    "reason.outside_hours": ("En dehors des heures", "Outside the hours"),
    "reason.used_up": ("Entrées épuisées", "Entries used up"),
    "reason.too_soon": ("Trop tôt après le dernier passage", "Too soon after the last entry"),
    "reason.over": ("Durée du pass écoulée", "The pass has run its time"),
    "reason.list_stale": ("Lecteur pas à jour : le reconnecter", "Reader out of date: reconnect it"),
    "reason.clock_wrong": ("Horloge du lecteur fausse", "The reader’s clock is wrong"),
}
READER_SAID: Final[Mapping[str, tuple[str, str]]] = {
    **_REASONS,
    "readerAdmitted": ("Admis", "Admitted"),
    "readerRefused": ("Refusé", "Refused"),
    "readerNoNet": ("Pas de connexion", "No connection"),
    "readerNoNetLead": (
        "Ce pass n’a pas été vérifié. Réessayez. Sans réseau, utilisez le programme somel reader.",
        "This pass was not checked. Try again. Without a network, use the program somel reader.",
    ),
    "readerPrice": ("Tarif : {price}", "Price: {price}"),
    "readerChecking": ("Vérification…", "Checking…"),
    "readerAim": ("Présentez le code devant la caméra.", "Hold the code in front of the camera."),
    "readerNoCamera": (
        "La caméra n’est pas disponible : prenez une photo du code, ou utilisez une douchette.",
        "The camera is not available: take a photo of the code, or use a handheld scanner.",
    ),
    "readerNoCode": ("Aucun code sur cette photo.", "No code in this photo."),
    "readerUnpaired": (
        "Ce lecteur n’est plus reconnu : appairez-le à nouveau.",
        "This reader is no longer known: pair it again.",
    ),
    "readerPaired": ("Lecteur appairé.", "Reader paired."),
    "readerNotPairing": ("Ce code n’est pas un code d’appairage.", "This code is no pairing code."),
}
READER_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    **READER_SAID,
    "readerTitle": ("Lecteur de pass", "Pass reader"),
    "readerScript": ("Cette page demande JavaScript.", "This page needs JavaScript."),
    "readerPair": ("Appairer ce lecteur", "Pair this reader"),
    "readerPairLead": (
        "Scannez le code d’appairage affiché par le guichet, ou saisissez le secret du lecteur.",
        "Scan the pairing code that the desk shows, or type the reader’s secret.",
    ),
    "readerSecret": ("Secret du lecteur", "Reader’s secret"),
    "readerPairDo": ("Appairer", "Pair"),
    "readerUnpair": ("Oublier ce lecteur", "Forget this reader"),
    "readerCamera": ("Démarrer la caméra", "Start the camera"),
    "readerStop": ("Arrêter la caméra", "Stop the camera"),
    "readerVideo": ("Image de la caméra", "Camera image"),
    "readerTyped": ("Code (douchette ou clavier)", "Code (scanner or keyboard)"),
    "readerCheck": ("Vérifier", "Check"),
    "readerPhoto": ("Photo du code", "Photo of the code"),
    "readerNext": ("Suivant", "Next"),
    "readerAgain": ("Réessayer", "Try again"),
    "readerLast": ("Derniers passages", "Last passes"),
    "readerLastNone": ("Rien encore.", "Nothing yet."),
    "readerDesk": ("Guichet", "Desk"),
}
