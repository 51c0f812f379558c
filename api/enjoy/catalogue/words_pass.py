"""Words of the page that a phone shows passes on, French and English side by side."""

from collections.abc import Mapping
from typing import Final

#: What the page's script says; it is handed these with the page.
PASS_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "passNextIn": ("Change dans {n} s", "Changes in {n} s"),
    "passCode": (
        "Code du pass {title}, il change toutes les 30 secondes",
        "Code of the pass {title}; it changes every 30 seconds",
    ),
    "passUntil": ("Valable jusqu’au {at}", "Valid until {at}"),
    "passUntilSoon": (
        "Valable jusqu’au {at} : connectez-vous à Internet pour le prolonger.",
        "Valid until {at}: go online to renew it.",
    ),
    "passOver": (
        "Ce pass a expiré. Connectez-vous à Internet pour le renouveler.",
        "This pass has expired. Go online to renew it.",
    ),
    "passRevoked": (
        "Ce pass a été retiré : il n’ouvre plus rien. Supprimez-le de ce téléphone, ou voyez votre carte.",
        "This pass was withdrawn: it opens nothing any more. Remove it from this phone, or see your card.",
    ),
    "passGone": (
        "Vous n’agissez plus pour {person}, qui est peut-être majeur·e : la clé de ce pass est effacée d’ici.",
        "You no longer act for {person}, who may be of age: the key of this pass is deleted from here.",
    ),
    "passWhose": ("Pass de {person}", "Pass of {person}"),
    "passMyself": ("Moi", "Myself"),
    "passAllHere": ("Tous vos services sont sur ce téléphone.", "All your services are on this phone."),
    "passAllHereChild": (
        "Tous les services de {person} sont sur ce téléphone.",
        "All services of {person} are on this phone.",
    ),
    "passNoneJoined": (
        "Vous n’avez rejoint aucun service : faites-le sur la page de votre carte.",
        "You joined no service yet: do so on the page of your card.",
    ),
    "passNoneJoinedChild": (
        "{person} n’a rejoint aucun service : faites-le sur la page de votre carte.",
        "{person} joined no service yet: see to it on the page of your card.",
    ),
    "passAdded": ("Le pass {title} est sur ce téléphone.", "The pass {title} is on this phone."),
    "passRemoved": ("Le pass a été supprimé de ce téléphone.", "The pass was removed from this phone."),
    "passSignIn": (
        "Ouvrez votre carte pour ajouter un pass ou pour le renouveler.",
        "Open your card to add a pass or to renew it.",
    ),
    "passNoService": (
        "Tous vos services sont sur ce téléphone. Rejoignez-en un autre sur la page de votre carte.",
        "All your services are on this phone. Join another one on the page of your card.",
    ),
    "passThisPhone": ("Ce téléphone", "This phone"),
    "passNewPhone": ("Ce téléphone (nouveau)", "This phone (new)"),
    "passNotInstalled": (
        "L’ajout à l’écran d’accueil n’a pas été fait.",
        "It was not added to the home screen.",
    ),
}
PASS_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    **PASS_SAID,
    "passName": ("Enjoy · mes pass", "Enjoy · my passes"),
    "passShort": ("Pass", "Passes"),
    "passTitle": ("Mes pass", "My passes"),
    "passLead": (
        "Vos pass sur ce téléphone, même sans réseau.",
        "Your passes on this phone, with or without a network.",
    ),
    "passScript": ("Cette page demande JavaScript.", "This page needs JavaScript."),
    "passOffline": (
        "Pas de réseau : vos pass marchent quand même.",
        "No network: your passes work all the same.",
    ),
    "passOld": (
        "Ce navigateur ne garde pas de clé sûre (Ed25519). Mettez-le à jour, ou imprimez un pass depuis votre carte.",
        "This browser cannot keep a safe key (Ed25519). Update it, or print your pass from the page of your card.",
    ),
    "passCard": ("Ma carte", "My card"),
    "passEmpty": ("Aucun pass sur ce téléphone", "No pass on this phone yet"),
    "passEmptyLead": (
        "Ouvrez votre carte, rejoignez un service, puis ajoutez son pass ici.",
        "Open your card, join a service, then add its pass here.",
    ),
    "passFor": ("Pour qui", "For whom"),
    "passService": ("Service", "Service"),
    "passMedium": ("Enregistrer comme", "Save as"),
    "passAdd": ("Ajouter un pass", "Add a pass"),
    "passAddDo": ("Ajouter à ce téléphone", "Add to this phone"),
    "passLarge": ("En grand", "Enlarge"),
    "passSmall": ("Réduire", "Reduce"),
    "passRemove": ("Supprimer de ce téléphone", "Remove from this phone"),
    "passInstall": ("Ajouter à l’écran d’accueil", "Add to the home screen"),
    "passKeptHere": (
        "La clé de chaque pass reste dans ce navigateur : une capture d’écran n’ouvre rien après une minute.",
        "The key of each pass stays in this browser: a screenshot opens nothing after a minute.",
    ),
}
