# Avis et chroniques : ce qui est écrit sur un livre, par qui, et ce qu’on en fait.

editorial = Chroniques
editorial-sent = transmis par l’éditeur
reviews = Avis de lecteurs
reviews-more =
    { $count ->
        [one] Lire { $shown } autre avis
       *[other] Lire { $shown } autres avis
    }
reviews-all = Lire tous les avis
reviews-none = Personne n’a encore écrit sur ce livre.
reviews-checked = Chaque avis est lu par un libraire avant d’être publié. « Achat vérifié » : une commande payée ici contient le livre ; les autres avis sont publiés sans preuve d’achat. Du plus récent au plus ancien, sauf si vous choisissez un autre ordre.
reviews-sort = Trier par
reviews-by-date = date de publication
reviews-by-helpful = nombre de lecteurs aidés
reviews-by-rating = note
reviews-language = Langue
reviews-language-all = toutes
review-generated = généré pour la démonstration
review-bought = Achat vérifié
review-not-bought = achat non vérifié
review-experienced = lu le { $day }
review-in-language = en { $language }
review-helped =
    { $count ->
        [one] { $shown } lecteur aidé
       *[other] { $shown } lecteurs aidés
    }
review-helpful = Cet avis m’aide
review-report = Signaler
review-write = Écrire un avis

review-form-title = Votre avis sur { $book }
review-form-rules = Un libraire lit chaque avis avant de le publier et vous écrit ce qu’il a décidé. Votre adresse n’est jamais affichée. Un avis par livre : le suivant remplace le précédent.
review-field-rating = Votre note
review-field-title = Titre de l’avis
review-field-body = Votre avis
review-field-signature = Signature
review-field-experienced = Date de la lecture
review-field-language = Langue de l’avis
review-field-email = Adresse e-mail
review-hint-signature = Le nom affiché sous l’avis ; un prénom suffit.
review-hint-experienced = Le jour où vous avez fini le livre, même approximatif. Il est affiché avec l’avis.
review-hint-email = Nous vous y envoyons une lettre pour confirmer que l’avis est de vous.
review-flaw-day = ce n’est pas un jour du calendrier (exemple : 2026-11-25).
review-flaw-future = ce jour n’est pas encore venu.
review-send = Envoyer l’avis
review-thanks = Merci
review-sent-letter = Votre avis est enregistré. Une lettre part à l’adresse que vous avez donnée : suivez son lien dans les sept jours pour que le libraire le lise.
review-sent-waiting = Votre avis est enregistré. Un libraire le lira, et vous recevrez sa décision par lettre.
review-reported = Votre signalement est chez le libraire, qui relira cet avis.

review-own-title = Votre avis sur { $book }
review-own-book = La page du livre
review-own-note = Le libraire précise : « { $note } »
review-confirm = Confirmer cet avis
review-withdraw = Retirer cet avis
review-state-unconfirmed = Cet avis attend que vous confirmiez qu’il est de vous.
review-state-waiting = Cet avis attend d’être lu par un libraire.
review-state-published = Cet avis est publié sur la page du livre.
review-state-refused = Cet avis n’est pas publié.
review-state-withdrawn = Cet avis est retiré, et son texte effacé.
review-reason-off_topic = Il parle d’autre chose que du livre : de la livraison, de la librairie, d’un autre sujet.
review-reason-insult = Il insulte quelqu’un.
review-reason-spoiler = Il dévoile la fin sans prévenir.
review-reason-advertising = Il fait de la publicité.
review-reason-personal_data = Il nomme ou décrit une personne privée.
review-reason-illegal = Son contenu est interdit par la loi.
review-reason-not_a_review = Il ne dit rien de la lecture du livre.

review-report-title = Signaler un avis
review-report-about = Vous signalez l’avis « { $title } ».
review-report-reason = Ce qui ne va pas
review-report-missing = Dites ce qui ne va pas.
review-report-note = Précision, si vous le souhaitez
review-report-send = Signaler cet avis
review-report-off_topic = Il ne parle pas du livre
review-report-insult = Il insulte
review-report-spoiler = Il dévoile la fin
review-report-advertising = C’est de la publicité
review-report-personal_data = Il nomme une personne privée
review-report-illegal = C’est interdit par la loi
review-report-not_a_review = Ce n’est pas l’avis d’un lecteur

# Lettres aux auteurs d’avis

review-letter-greeting = Bonjour,
review-letter-subject-confirm = Confirmez votre avis sur { $book }
review-letter-subject-published = Votre avis sur { $book } est publié
review-letter-subject-refused = Votre avis sur { $book } n’est pas publié
review-letter-confirm = Un avis sur { $book } a été écrit avec votre adresse. S’il est de vous, suivez le lien et confirmez-le dans les sept jours. Sinon, ne faites rien : il sera oublié.
review-letter-published = Merci ! Votre avis sur { $book } a été lu par un libraire et se trouve sur la page du livre. Le lien ci-dessous vous permet de le retirer quand vous voulez.
review-letter-refused = Un libraire a lu votre avis sur { $book } et ne le publie pas, ou ne le publie plus, pour cette raison :
review-letter-again = Vous pouvez écrire un autre avis sur ce livre, ou nous répondre si vous n’êtes pas d’accord.
review-letter-link-confirm = Relire et confirmer l’avis
review-letter-link-own = Voir l’avis

# L’arrière-boutique

office-reviews = Avis
office-reviews-queues = Files d’avis
office-reviews-waiting = À lire
office-reviews-reported = Signalés
office-reviews-published = Publiés
office-reviews-refused = Refusés
office-reviews-empty = Aucun avis ici.
office-review-book = Livre
office-review-rating = Note
office-review-text = Avis
office-review-signature = Signature
office-review-written = Écrit
office-review-experienced = Lecture
office-review-language = Langue
office-review-bought = achat vérifié
office-review-not-bought = aucun achat trouvé
office-review-purchase = Achat
office-review-purchase-found = vérifié
office-review-purchase-none = aucun trouvé
office-review-state-unconfirmed = À confirmer par l’auteur
office-review-state-waiting = À lire
office-review-state-published = Publié
office-review-state-refused = Refusé
office-review-state-withdrawn = Retiré par l’auteur
office-review-told = Précision envoyée à l’auteur : « { $note } »
office-review-edition = La fiche du livre
office-review-reports =
    { $count ->
        [one] { $shown } signalement
       *[other] { $shown } signalements
    }
office-review-publish = Publier
office-review-keep = Laisser sur la page
office-review-keep-help = Les signalements sont classés ; l’avis reste publié.
office-review-refuse = Refuser
office-review-refuse-help = L’auteur reçoit cette raison par lettre, dans sa langue. Votre précision est envoyée telle quelle.
office-review-reason = Raison
office-review-note = Précision pour l’auteur
office-review-decide = Décision
office-told-review-published = L’avis est publié et son auteur prévenu.
office-told-review-refused = L’avis est refusé et son auteur prévenu.
office-told-review-kept = L’avis reste publié.
office-told-review-changed = L’auteur a envoyé un autre texte entre-temps. Relisez-le avant de décider.
office-told-review-not-now = Cet avis n’est plus là où il était. Rien n’a été changé.
office-told-review-no-reason = Choisissez une raison.
office-editorial = Chroniques
office-editorial-of = Chroniques de { $title }
office-editorial-new = Nouvelle chronique
office-editorial-author = Auteur
office-editorial-source = Source
office-editorial-source-hint = Le journal, l’émission ou le nom de la librairie.
office-editorial-written = Parue le
office-editorial-language = Langue
office-editorial-body = Texte
office-editorial-body-hint = Texte sans balises ; une ligne vide sépare les paragraphes. Ne recopiez que ce que vous avez le droit de publier.
office-editorial-add = Ajouter
office-editorial-change = Modifier
office-editorial-remove = Retirer
office-editorial-none = Aucune chronique saisie pour cette édition.
office-told-editorial-saved = La chronique est enregistrée et paraît sur la page du livre.
office-told-editorial-removed = La chronique est retirée.
office-told-editorial-gone = Cette chronique n’existe plus.
office-told-editorial-full = Cette édition a déjà autant de chroniques que sa page en montre.
office-action-review-publish = avis publié
office-action-review-refuse = avis refusé
office-action-review-keep = avis laissé
office-action-editorial-add = chronique ajoutée
office-action-editorial-change = chronique modifiée
office-action-editorial-remove = chronique retirée
