"""Words of the page of accounts and keys, French and English side by side."""

from collections.abc import Mapping
from typing import Final

#: What the page's script says; it is handed these with the page.
SAID_BY_SCRIPT: Final[Mapping[str, tuple[str, str]]] = {
    "accountNewSecret": ("Nouveau secret", "New secret"),
    "accountRevoke": ("Révoquer", "Revoke"),
    "accountAny": ("sans limite", "any number"),
    "accountOwn": ("La vôtre", "Your own"),
    "accountSandboxMark": ("bac à sable", "sandbox"),
    "accountMay": ("Ce qu’elle peut faire", "What it may do"),
    "accountKeep": ("affiché une seule fois : gardez-le", "shown once: keep it"),
    "accountOverlap": (
        "affiché une seule fois ; le précédent reste valable {n} heures",
        "shown once; the one before is good for {n} hours yet",
    ),
    "accountNone": ("Rien encore", "Nothing yet"),
    "accountLinkGood": ("valable une fois, sept jours", "good once, for seven days"),
    "accountJoined": ("Vous faites partie de {title} en tant que {role}.", "You belong to {title} now, as {role}."),
    "reader": ("lecteur", "reader"),
    "desk": ("guichet", "desk"),
    "publisher": ("producteur", "publisher"),
    "owner": ("propriétaire", "owner"),
    "read:data": (
        "Lire ce qui est ouvert et ce qui est partagé avec l’organisation",
        "Read what is open, and what is shared with the organisation",
    ),
    "write:data": (
        "Écrire et supprimer des enregistrements de ses jeux de données",
        "Write and delete records of its datasets",
    ),
    "manage:datasets": (
        "Déclarer des jeux de données, les modifier et les partager",
        "Declare datasets, change and share them",
    ),
    "manage:services": (
        "Déclarer des services, leurs lieux, leurs règles et leurs lecteurs",
        "Declare services, their venues, rules and readers",
    ),
    "attest:rights": ("Attester au guichet de quoi découlent des droits", "Attest at a desk what rights follow from"),
    "sell:passes": ("Vendre des pass touristiques", "Sell tourism passes"),
    "manage:shop": ("Tenir une boutique et ses commandes", "Run a shop and its orders"),
}
ACCOUNT_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    **SAID_BY_SCRIPT,
    "account": ("Compte et clés", "Account and keys"),
    "accountEnter": ("Entrer", "Sign in or up"),
    "accountLead": (
        "Ce qui est ouvert se lit sans compte. Un compte donne des clés au quota plus large et montre leur usage.",
        "What is open needs no account. One gives you keys with a larger quota, and shows what they are used for.",
    ),
    "accountAddress": (
        "Rien n’est envoyé à votre adresse : elle sert à vous reconnaître.",
        "Nothing is sent to your address; it is what you sign in by.",
    ),
    "accountEmail": ("Adresse électronique", "E-mail"),
    "accountPassphrase": ("Phrase de passe, 12 caractères ou plus", "Passphrase, 12 characters or more"),
    "accountSignIn": ("Se connecter", "Sign in"),
    "accountSignUp": ("Créer un compte", "Sign up"),
    "accountSignOut": ("Se déconnecter", "Sign out"),
    "accountOrganisation": ("Organisation", "Organisation"),
    "accountKeys": ("Clés", "Keys"),
    "accountKey": ("Clé", "Key"),
    "accountScopes": ("Peut", "May"),
    "accountQuota": ("Requêtes par minute", "Requests a minute"),
    "accountUntil": ("Jusqu’au", "Until"),
    "accountActions": ("Actions", "Actions"),
    "accountFor": ("À quoi elle sert", "What it is for"),
    "accountSandbox": (
        "Bac à sable : ce qu’elle écrit est essayé et jamais gardé",
        "Sandbox: what it writes is tried and never stored",
    ),
    "accountMake": ("Faire une clé", "Make a key"),
    "accountUse": ("Usage des 30 derniers jours", "Use in the last 30 days"),
    "accountDataset": ("Jeu de données", "Dataset"),
    "accountRoute": ("Adresse", "Route"),
    "accountAnswer": ("Réponse", "Answer"),
    "accountRequests": ("Requêtes", "Requests"),
    "accountMembers": ("Membres", "Members"),
    "accountRole": ("Rôle", "Role"),
    "accountInvite": ("Inviter quelqu’un en tant que", "Invite somebody as"),
    "accountMakeLink": ("Faire un lien", "Make a link"),
    "accountScript": ("Cette page a besoin de JavaScript.", "This page needs JavaScript."),
}
