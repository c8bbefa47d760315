# Cadre de toutes les pages

skip-to-content = Aller au contenu
nav-mine = Vos affaires
nav-orders = Mes commandes
nav-basket = Panier
nav-about = Qui nous sommes
basket-copy = livre
basket-copies = livres
search-label = Chercher un livre
search-again = Chercher encore
search-placeholder = Titre, auteur, ISBN
search-button = Chercher
suggest-title = livre
suggest-author = auteur
suggest-series = série
suggest-subject = thème
foot-shop = La librairie
foot-help = Aide
foot-law = Ce que dit la loi
foot-language = Langue
foot-colophon = Composé en EB Garamond et en Source Sans. Aucun pisteur, donc aucun bandeau de cookies.
legal-terms = Conditions de vente
legal-notice = Mentions légales
legal-privacy = Données personnelles
legal-delivery = Livraison et retours
legal-accessibility = Accessibilité
legal-reviews = Comment sont faits les avis
legal-draft = Projet à compléter par le libraire. Ce n’est pas encore un contrat ; ce qui manque est marqué.

# Accueil

home-title = Une librairie tenue par des libraires
home-heading = Une librairie tenue par des libraires
home-counts = { $editions } livres en rayon, dont { $summaries } avec un résumé, et { $reviews } avis de lecteurs.
home-subjects = Rayons
shelf-new = Nouveautés
shelf-best = Les plus demandés
shelf-all = Tout voir

# Livres

avail-shelf = En stock
avail-supplier = En stock chez notre fournisseur
avail-to-order =
    { $count ->
        [one] Sur commande, en librairie sous { $shown } jour
       *[other] Sur commande, en librairie sous { $shown } jours
    }
avail-printed = Imprimé à la demande
avail-from = Précommande : remis à partir du { $day }
avail-not-before = À commander à partir du { $day }
avail-sold-out = Épuisé chez nous
avail-forthcoming = À paraître
avail-temporarily-out = En réimpression
avail-unknown = Nous consulter
avail-not-sold = Nous ne vendons pas encore de fichiers
avail-unavailable = Épuisé chez l’éditeur
rating-of-five = { $shown } sur 5
rating-mean = { $mean } sur 5
reviews-count =
    { $count ->
        [one] { $shown } avis
       *[other] { $shown } avis
    }
crumbs = Vous êtes ici
series-volume = { $title }, tome { $volume }
book-generated = Titre généré pour la démonstration : ce livre n’existe pas
book-not-buyable = Ce livre ne peut pas être commandé en ce moment.
offers = Prix et livraison
price = Prix
price-none = pas encore de prix
price-law = Prix fixé par l’éditeur, le même dans toutes les librairies de France (loi du 10 août 1981).
quantity = Quantité
add-to-basket = Ajouter au panier
goods-new = Neuf
goods-used = Occasion
goods-ebook = Livre numérique
goods-other = Article
delivery-sentence = Chez vous en France vers le { $day }, livraison { $fee } pour ce livre seul.
summary = Résumé
facts = Fiche
fact-original = Titre original
fact-publisher = Éditeur
fact-collection = Collection
fact-published = Parution
fact-form = Format
fact-pages = Pages
fact-language = Langue
fact-safety = Sécurité du produit
fact-safety-publisher = { $publisher } ; l’adresse de l’éditeur vous est donnée sur demande.
edition = Édition
availability = Disponibilité
other-editions = Autres éditions
same-series = Dans la même série
also-bought = Les lecteurs de ce livre ont aussi acheté
also-bought-reason = D’après les commandes payées, quand au moins { $shown } lecteurs ont acheté les deux livres.
also-bought-generated = Rapprochements générés pour la démonstration : ce ne sont pas de vrais achats.
same-author = Du même auteur
same-subject = Sur le même sujet
volume = Tome { $volume }
form-paperback = Broché
form-pocket = Poche
form-hardback = Relié
form-ebook = Livre numérique
form-audiobook = Livre audio
form-other = Autre
role-author = Auteur
role-translator = Traduction
role-illustrator = Illustrations
role-editor = Édition établie par
role-preface = Préface
role-narrator = Lu par
role-other = Avec

# Recherche

search-all = Tous nos livres
search-for = « { $text } »
search-total =
    { $count ->
        [0] Aucun livre trouvé
        [one] { $shown } livre
       *[other] { $shown } livres
    }
search-nothing-for = Rien pour « { $text } ».
search-shown-instead = Voici les livres pour
search-editions =
    { $count ->
        [one] { $shown } édition
       *[other] { $shown } éditions
    }
search-empty = Nous n’avons pas trouvé de livre pour ces mots. Cela ne veut pas dire que nous ne pouvons pas l’obtenir.
search-empty-spelling = Vérifiez l’orthographe, surtout celle des noms.
search-empty-fewer = Essayez avec moins de mots : un mot du titre et le nom de l’auteur suffisent.
search-empty-isbn = Si vous avez l’ISBN, tapez-le avec ou sans tirets.
search-empty-filters = Chercher de nouveau sans filtre
search-empty-home = Ou parcourez les rayons
sort-label = Trier par
sort-relevance = pertinence
sort-newest = nouveauté
sort-price-up = prix croissant
sort-price-down = prix décroissant
sort-title = titre
filters = Filtrer
filters-chosen = Filtres choisis
filters-remove = retirer ce filtre
facet-subject = Rayon
facet-language = Langue
facet-form = Format
facet-availability = Disponibilité
facet-price = Prix
facet-decade = Parution
facet-avail-in_stock = En stock
facet-avail-to_order = Sur commande
facet-avail-print_on_demand = Imprimé à la demande
facet-avail-forthcoming = À paraître
facet-avail-temporarily_out = En réimpression
facet-avail-unavailable = Épuisé
facet-avail-unknown = Nous consulter
decade = années { $year }
price-below = Moins de { $to }
price-between = { $from } à { $to }
price-above = Plus de { $from }
pages-label = Pages de résultats
pages-previous = Précédent
pages-next = Suivant

# Aisles: the pages of an author, a publisher, a series, a subject.
subjects = Tous les sujets
subjects-none = Aucun livre ne porte encore de sujet Thema.
subjects-narrower = Sujets plus précis
aisle-author = Auteur ou contributeur
aisle-publisher = Éditeur
aisle-series = Série
sort-volume = ordre des tomes
fact-subjects = Sujets
fact-subjects-derived = Sujets, d’après une autre classification
