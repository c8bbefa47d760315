# L’arrière-boutique : ce que cherchent les lecteurs, et les règles de la recherche.

office-searches = Recherche
office-searches-help = Ces règles s’appliquent aussitôt, dans toute la boutique. La recherche elle-même pardonne déjà les fautes de frappe, les accents et les pluriels.
office-searches-missing = Cherché sans résultat
office-searches-most = Le plus cherché
office-searches-text = Recherche
office-searches-results = Trouvés
office-searches-deed = Que faire
office-searches-add-synonym = Ajouter un synonyme
office-searches-open = Voir ce que cherchent les lecteurs, et régler la recherche
office-rule = Règle
office-rule-by = Par
office-rules-synonym = Synonymes
office-rules-boost = Livres mis en avant
office-rules-pin = Livres épinglés
office-rules-new-synonym = Nouveau synonyme
office-rules-new-boost = Nouvelle mise en avant
office-rules-new-pin = Nouveau livre épinglé
office-rules-change-synonym = Modifier le synonyme
office-rules-change-boost = Modifier la mise en avant
office-rules-change-pin = Modifier le livre épinglé
office-rules-help-synonym = Qui tape l’un trouve aussi ce que trouve l’autre ; à réponse égale, ce qui a été tapé passe avant.
office-rules-help-boost = Une édition, un auteur, un éditeur, une série ou un sujet remonte dans les recherches qui le trouvent.
office-rules-help-pin = Pour une recherche précise, ce livre vient en premier, même si elle ne le trouve pas.
office-rule-phrases = Mots ou expressions
office-rule-phrases-hint = Un par ligne. Singulier et pluriel se valent, accents et majuscules aussi.
office-rule-direction = Sens
office-direction-both = tous se valent
office-direction-one = le premier mène aux autres, pas l’inverse
office-rule-target = Mettre en avant
office-target-edition = une édition
office-target-contributor = un auteur
office-target-publisher = un éditeur
office-target-series = une série
office-target-subject = un sujet Thema
office-rule-name = Lequel
office-rule-name-hint = Le nom entier, l’ISBN de l’édition, ou le code Thema.
office-rule-strength = Force
office-strength-slight = légère : départage des livres qui répondent aussi bien
office-strength-clear = nette : l’emporte sur un mot de plus
office-strength-strong = forte : l’emporte sur un titre exact
office-rule-query = Recherche
office-rule-query-hint = Exactement ces mots ; accents et majuscules ne comptent pas.
office-rule-book = Livre
office-rule-book-hint = Son ISBN, ou son numéro d’édition s’il n’en a pas.
office-rule-from = À partir du
office-rule-until = Jusqu’au
office-rule-try-on = Essayer sur la recherche
office-rule-try = Essayer sans enregistrer
office-rule-remove = Supprimer cette règle
office-always = toujours
office-from = à partir du { $from }
office-until = jusqu’au { $until }
office-from-until = du { $from } au { $until }
office-over = terminé
office-not-yet = pas encore
office-trial = Essai : « { $query } »
office-trial-help = Rien n’est enregistré. La règle est essayée comme si elle valait aujourd’hui.
office-trial-before = Avant
office-trial-after = Avec cette règle
office-trial-found = { $count ->
    [one] { $shown } livre
   *[other] { $shown } livres
  }
office-trial-took = { $took } ms
office-moved-new = nouveau
office-moved-up = { $count ->
    [one] monte d’une place
   *[other] monte de { $shown } places
  }
office-moved-down = { $count ->
    [one] descend d’une place
   *[other] descend de { $shown } places
  }
office-told-rule-saved = La règle est enregistrée et s’applique.
office-told-rule-removed = La règle est supprimée.
office-told-rule-gone = Cette règle n’existe plus.
office-told-rule-full = Il y a déjà autant de règles de cette sorte que la boutique en garde. Supprimez-en une.
office-flaw-too-many = { $count ->
    [one] { $shown } ligne au plus.
   *[other] { $shown } lignes au plus.
  }
office-flaw-too-few = il en faut au moins deux.
office-flaw-no-word = il faut au moins une lettre ou un chiffre.
office-flaw-contains-itself = une expression en contient une autre : ce que trouve la plus longue, la plus courte le trouve déjà.
office-flaw-unknown-book = aucune édition de la boutique n’a ce numéro.
office-flaw-unknown-subject = ce n’est pas un code Thema.
office-flaw-unknown-choice = merci de choisir.
office-flaw-not-a-day = ce jour n’existe pas.
office-flaw-ends-before = le dernier jour vient avant le premier.
office-action-search-save = règle de recherche enregistrée
office-action-search-remove = règle de recherche supprimée
