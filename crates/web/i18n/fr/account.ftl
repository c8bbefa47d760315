# Les comptes de l’arrière-boutique : mots de passe, sessions, second facteur.

office-account = Mon compte
office-sessions = Mes sessions ouvertes
office-sessions-help = Une session se ferme après { $idle } minutes sans usage, et de toute façon après { $whole } heures. Si vous n’en reconnaissez pas une, fermez-la et changez de mot de passe.
office-sessions-end = { $count ->
    [one] Fermer l’autre session
   *[other] Fermer les { $shown } autres sessions
  }
office-session-browser = Navigateur et adresse
office-session-opened = Ouverte
office-session-seen = Dernier usage
office-session-end = Fermer
office-session-this = celle-ci
office-session-unknown = navigateur inconnu
office-told-session-ended = Session fermée.

office-password-current = Mot de passe actuel
office-password-change = Changer de mot de passe
office-password-rules = Au moins { $min } caractères ; une phrase est plus sûre et plus facile à retenir. Ni le nom de la librairie, ni le vôtre, ni un mot de passe que tout le monde essaie.
office-password-owed = Le mot de passe qu’on vous a donné ne sert qu’à entrer une fois. Choisissez le vôtre ; personne d’autre ne le connaîtra.
office-password-same = Le nouveau mot de passe est l’actuel. Choisissez-en un autre.
office-password-common = Ce mot de passe figure parmi les plus répandus de ceux qui ont fuité ailleurs. Choisissez-en un autre.
office-password-obvious = Ce mot de passe contient le nom de la librairie, le vôtre ou votre identifiant, ou n’est guère plus qu’un mot que tout le monde essaie. Choisissez-en un autre.
office-told-own-password = Mot de passe changé ; vos autres sessions sont fermées.
office-not-proven = Le mot de passe ou le code est faux. Rien n’a changé.

office-password-give = Donner un mot de passe à usage unique
office-password-give-help = La boutique tire un mot de passe, montré une seule fois. L’ancien ne vaut plus, les sessions du compte se ferment, et un compte fermé rouvre.
office-told-own-password-here = Votre propre mot de passe se change sous « Mon compte ».
office-one-time = Mot de passe à usage unique
office-given-help = Il n’est montré que maintenant. Remettez-le en personne ou par téléphone : il permet d’entrer jusqu’au { $until }, et la page suivante demande d’en choisir un autre.
office-staff-back = Retour aux comptes
office-staff-new-help = La boutique tire un mot de passe à usage unique et le montre une fois.

office-factor = Second facteur
office-factor-has = second facteur
office-factor-none-all = Cette boutique en demande un à tout le monde.
office-factor-none-money = Sans second facteur, les remboursements, la banque, les chèques-cadeaux et les comptes vous restent fermés.
office-factor-none-optional = Vous n’en avez pas. Un mot de passe volé suffirait pour entrer sous votre nom.
office-factor-wanted-all = Cette boutique demande un second facteur à tout le monde. Configurez le vôtre pour continuer.
office-factor-wanted-money = Cette page touche à l’argent ou aux comptes : elle demande un second facteur. Configurez le vôtre pour y entrer.
office-factor-wanted-optional = Configurez votre second facteur.
office-factor-there = À chaque entrée, un code de votre application est demandé après le mot de passe.
office-factor-set-up = Configurer le second facteur
office-factor-other = Changer d’appareil, ou imprimer de nouveaux codes de secours
office-factor-replaces = L’appareil et les codes de secours d’avant ne vaudront plus.
office-factor-scan = Avec une application d’authentification (Aegis, FreeOTP, Google Authenticator ou une autre), lisez ce carré :
office-factor-picture = Code QR du secret à lire par l’application
office-factor-type = Ou tapez-y ce secret :
office-factor-code = Code que l’application montre maintenant
office-factor-remove = Retirer le second facteur
office-factor-remove-help = Le mot de passe suffira de nouveau. Vos autres sessions se ferment.
office-factor-take = Retirer le second facteur
office-factor-take-help = Pour qui a perdu son appareil et ses codes de secours. Assurez-vous d’abord que c’est bien elle ou lui. Ses sessions se ferment.
office-told-factor = Le second facteur est configuré ; vos autres sessions sont fermées.
office-told-factor-removed = Second facteur retiré.
office-told-factor-kept = Le second facteur reste : cette boutique en demande un. Seul un administrateur le retire.
office-code = Code
office-code-help = Les six chiffres que montre votre application, ou un code de secours.
office-recovery = Codes de secours
office-recovery-help = Imprimez ces codes ou recopiez-les, et gardez-les hors de l’ordinateur. Chacun permet d’entrer une fois sans l’appareil. Ils ne seront plus jamais montrés.
office-recovery-kept = Je les ai mis en lieu sûr : continuer

office-action-staff-own_password = a changé son mot de passe
office-action-staff-end = a fermé des sessions
office-action-staff-factor = second facteur configuré
office-action-staff-factor_off = second facteur retiré
office-action-staff-recovery = entrée par un code de secours ; codes restants
