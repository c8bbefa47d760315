# L’arrière-boutique : ce que lisent les libraires.

office-name = Arrière-boutique
office-skip = Aller au contenu
office-parts = Parties de l’arrière-boutique
office-dashboard = Tableau de bord
office-orders = Commandes
office-stock = Stock
office-import = Import
office-staff = Comptes
office-audit = Journal
office-help = Aide
office-log-in = Se connecter
office-log-out = Se déconnecter
office-login = Identifiant
office-password = Mot de passe
office-login-wrong = Identifiant ou mot de passe incorrect.
office-login-later = Trop d’essais. Attendez un quart d’heure, ou demandez à un administrateur un nouveau mot de passe.
office-login-old-form = Cette page était restée ouverte trop longtemps. Recommencez.
office-close = Fermer
office-save = Enregistrer
office-search = Chercher
office-previous = Précédente
office-next = Suivante
office-pages = Pages
office-page-of = Page { $page } sur { $last }

office-keys = Raccourcis clavier
office-key-search = Chercher
office-key-rows = Ligne suivante, ligne précédente
office-key-open = Ouvrir la ligne
office-key-help = Afficher les raccourcis
office-key-close = Fermer
office-help-intro = Tout se fait aussi à la souris et sans script. Une douchette tape l’ISBN dans le champ de recherche du stock et ouvre l’édition.

office-period = Période
office-days = { $count ->
    [one] { $shown } jour
   *[other] { $shown } jours
  }
office-to-ship = { $count ->
    [0] Aucune commande à expédier
    [one] { $shown } commande à expédier
   *[other] { $shown } commandes à expédier
  }
office-chart-orders = Commandes payées par jour
office-chart-revenue = Chiffre d’affaires par jour, TTC
office-chart-titles = Titres les plus vendus
office-chart-searches = Recherches sans résultat
office-chart-day = Jour
office-chart-name = Intitulé
office-chart-times = Nombre
office-chart-table = Voir le tableau
office-chart-empty = Rien sur cette période.

office-orders-all = Toutes
office-orders-states = État des commandes
office-orders-search = Numéro, nom, adresse électronique ou titre
office-orders-found = { $count ->
    [0] Aucune commande ne correspond.
    [one] { $shown } commande
   *[other] { $shown } commandes
  }
office-state-awaiting_payment = à payer
office-state-confirmed = payée
office-state-shipped = expédiée
office-state-refunded = remboursée
office-state-expired = jamais payée
office-state-cancelled = annulée
office-order-title = Commande { $number }
office-order-number = Numéro
office-order-placed = Passée le
office-order-state = État
office-order-reader = Lecteur
office-order-titles = Titres
office-order-total = Total
office-order-lines = Lignes
office-order-title-column = Titre
office-order-quantity = Quantité
office-order-unit = Prix unitaire
office-order-line-total = Montant
office-order-goods = Articles
office-order-delivery = Livraison
office-order-vat = TVA
office-vat-rate = Taux
office-vat-net = Hors taxe
office-vat-tax = TVA
office-vat-gross = TTC
office-order-payments = Paiements
office-payment-card = Carte
office-payment-state = État
office-payment-changed = Depuis le
office-payment-reference = Autorisation, référence
office-payment-state-awaiting_card = attend une carte
office-payment-state-authorising = banque interrogée
office-payment-state-authorised = réservé
office-payment-state-declined = refusé
office-payment-state-unknown = sans réponse
office-payment-state-not_sent = non transmis
office-payment-state-capturing = encaissement demandé
office-payment-state-captured = encaissé
office-payment-state-reversing = levée demandée
office-payment-state-reversed = réservation levée
office-payment-state-refunding = remboursement demandé
office-payment-state-refunded = remboursé
office-no-card = pas encore de carte
office-order-timeline = Ce qui s’est passé
office-from-shelf = en rayon
office-from-supplier = à commander au fournisseur
office-method-post = Envoi par la poste
office-method-shop_collection = Retrait à la librairie
office-ship = Expédier et encaisser { $amount }
office-cancel-ask = Annuler la commande…
office-cancel-help = Les exemplaires retournent en rayon et la réservation sur la carte est levée. Le lecteur ne paie rien.
office-cancel = Annuler la commande
office-refund-ask = Rembourser…
office-refund-help = Le montant entier est rendu sur la carte, livraison comprise.
office-refund = Rembourser { $amount }
office-told-shipped = Commande expédiée, montant encaissé. Le lecteur en est averti par courrier électronique.
office-told-cancelled = Commande annulée, réservation levée.
office-told-refunded = Montant remboursé.
office-told-pending = Demandé. La banque n’a pas encore répondu : la question lui sera reposée jusqu’à sa réponse, et cette page le dira.
office-told-refused = La banque a refusé (code { $code }). Rien n’a changé.
office-told-not-now = Ce n’est plus possible dans l’état où se trouve la commande.

office-stock-search = ISBN, titre ou auteur
office-stock-help = Cherchez une édition pour voir et corriger son stock. Un ISBN mène droit à elle.
office-stock-none = Aucune édition ne correspond.
office-stock-on-hand = En rayon
office-stock-held = Promis
office-stock-available = Disponible
office-stock-policy = Quand le rayon est vide
office-stock-not-counted = Cette édition n’est pas comptée : elle est toujours commandée au fournisseur.
office-policy-limited = ne plus vendre
office-policy-reorder = commander au fournisseur
office-price = Prix
office-see-in-shop = voir en boutique
office-count = Compter
office-count-help = Combien d’exemplaires sont dans la librairie, promis compris. Ce qui se vend pendant que vous comptez reste vendu.
office-count-copies = Exemplaires comptés
office-count-save = Enregistrer le comptage
office-change = Ajouter ou retirer
office-change-help = Un nombre négatif retire des exemplaires.
office-change-copies = Exemplaires en plus ou en moins
office-change-save = Enregistrer le mouvement
office-reason = Motif
office-moves = Mouvements
office-move-when = Quand
office-move-why = Pourquoi
office-move-count = comptage
office-move-hold = promis à une commande
office-move-release = commande non payée
office-move-sale = vente
office-move-return = commande annulée
office-told-embargo = L’éditeur interdit de remettre « { $title } » avant le { $day }. La commande reste prête : expédiez-la ce jour-là.
office-told-counted = Stock enregistré.
office-told-promised = Impossible : { $held } exemplaires sont promis à des commandes.
office-told-unreadable = Un nombre d’exemplaires et un motif sont nécessaires.

office-import-help = Fichier ONIX (2.1, 3.0 ou 3.1), notices MARC, tableau (CSV) ou lignes JSON, tel quel ou compressé (gzip, Zstandard, zip). Importer deux fois le même fichier ne change rien.
office-import-file = Fichier
office-import-list = Imports récents
office-import-state = État
office-import-empty = Ce fichier est vide.
office-import-records = { $count ->
    [one] { $shown } notice
   *[other] { $shown } notices
  }
office-import-done = { $count ->
    [one] Terminé : { $shown } notice lue.
   *[other] Terminé : { $shown } notices lues.
  }
office-import-stand-still = Arrêter l’actualisation de cette page
office-import-watch = Actualiser cette page en continu
office-import-read = Fichier lu
office-import-records-read = Notices lues
office-import-rate = Notices par seconde
office-import-left = Temps restant
office-seconds-left = { $shown } s
office-minutes-left = { $shown } min
office-import-created = Créées
office-import-updated = Modifiées
office-import-unchanged = Inchangées
office-import-hidden = Retirées
office-import-rejected = Refusées
office-import-notes = Remarques
office-import-no-notes = Aucune remarque.
office-import-report = Télécharger le rapport complet (JSON, une remarque par ligne)
office-severity-error = Erreurs
office-severity-warning = Avertissements
office-severity-info = Informations
office-note-error = erreur
office-note-warning = avertissement
office-note-info = information
office-note-line = Ligne
office-note-severity = Gravité
office-note-record = Notice
office-note-message = Remarque

office-name-column = Nom
office-role = Rôle
office-role-bookseller = libraire
office-role-administrator = administrateur
office-staff-change = Modifier
office-staff-new = Nouveau compte
office-staff-create = Créer le compte
office-disabled = fermé
office-disable = Fermer le compte
office-disable-help = Le compte n’ouvre plus rien et ses sessions se ferment. Un nouveau mot de passe le rouvre.
office-password-new = Nouveau mot de passe
office-password-hint = Au moins { $min } caractères ; une phrase est plus sûre et plus facile à retenir.
office-told-created = Compte créé.
office-told-password = Mot de passe changé ; les sessions ouvertes sont fermées.
office-told-disabled = Compte fermé.
office-told-taken = Cet identifiant est déjà pris.
office-told-bad-login = Un identifiant a de 1 à 64 lettres sans accent, chiffres, points, tirets ou arobases.
office-told-bad-password = Ce mot de passe est trop court, ou beaucoup trop long.
office-told-oneself = Nul ne ferme son propre compte.
office-audit-empty = Rien n’est encore inscrit.
office-audit-action = Action
office-audit-subject = Objet
office-audit-note = Précision
office-action-order-ship = expédition
office-action-order-cancel = annulation
office-action-order-refund = remboursement
office-action-stock-adjust = stock
office-action-catalogue-import = import
office-action-catalogue-receive = fichier reçu
office-action-catalogue-mapping = colonnes enregistrées
office-action-catalogue-trial = essai d’import
office-action-catalogue-pause = import mis en pause
office-action-catalogue-give_up = import arrêté
office-action-catalogue-dismiss = fichier écarté
office-action-import-undo = import annulé
office-action-import-redo = import rétabli
office-action-edition-correct = livre corrigé
office-action-edition-split = notice séparée
office-action-edition-join = livres réunis
office-action-decision-undo = décision annulée
office-action-decision-redo = décision rétablie
office-action-work-decide = œuvre choisie
office-action-precedence-set = ordre des expéditeurs
office-action-staff-create = compte créé
office-action-staff-password = mot de passe changé
office-action-staff-disable = compte fermé
